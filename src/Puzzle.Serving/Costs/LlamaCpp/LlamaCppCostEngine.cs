using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;
using TorchSharp;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>Times subblocks and models in llama.cpp itself, through GGUF files written for it.</summary>
/// <param name="find">Gives the library; null: what <see cref="LlamaCppLibrary.Variable"/> names.</param>
public sealed class LlamaCppCostEngine(Func<LlamaCppLibrary?>? find = null) : ICostEngine
{
    private readonly Func<LlamaCppLibrary?> _find = find ?? LlamaCppLibrary.FromEnvironment;

    /// <inheritdoc/>
    public MeasureEngine Engine => MeasureEngine.LlamaCpp;

    /// <inheritdoc/>
    public string Name => "llama_cpp";

    /// <inheritdoc/>
    public string? Unavailable
    {
        get
        {
            try
            {
                return _find() is null ? $"{LlamaCppLibrary.Variable} is not set; let it name the folder of llama.cpp's shared libraries" : null;
            }
            catch (BadInputException error)
            {
                return error.Message;
            }
        }
    }

    /// <inheritdoc/>
    public string? Problem(ModelConfig config) => GgufExport.Problem(config);

    /// <inheritdoc/>
    public string Hardware(MeasureSection settings) => $"{RunEnvironment.Processor()}, {Threads} threads";

    /// <inheritdoc/>
    public string Version(MeasureSection settings) => Unavailable is null ? Library().Version : "";

    /// <inheritdoc/>
    public void Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, IReadOnlyList<Workload> workloads, MeasureSection settings, Action<WorkloadCosts> measured, CancellationToken cancellation)
    {
        if (parent.Config.QkNorm)
            throw new RecipeException($"measure.engine: a child of {parent.Config.Family} has norms of q and k, for which llama.cpp's deci has no place; write torch");
        if (specs.Where(spec => !Runs(spec)).Distinct().ToArray() is { Length: > 0 } refused)
            throw new RecipeException($"measure.engine: llama.cpp cannot run {string.Join(", ", refused.AsEnumerable())}; write export.targets: [llama_cpp], which leaves them out, or engine torch");
        var config = parent.Config with { TieWordEmbeddings = ReferenceEquals(parent.Head, parent.Embedding) };
        using var stopwatch = new LlamaCppStopwatch(Library(), config, specs, settings, TypeOf(settings), Threads, HalfCache(settings));
        foreach (var workload in workloads)
            measured(stopwatch.Measure(workload, specs, cancellation));
    }

    /// <inheritdoc/>
    public ITimedModel Load(Transformer model, MeasureSection settings) =>
        Load(model.Config with { TieWordEmbeddings = ReferenceEquals(model.Head, model.Embedding) }, TensorReader.Of(model.Named()), settings);

    /// <summary>Loads a model whose weights come from wherever they come.</summary>
    /// <exception cref="RecipeException">llama.cpp cannot run it.</exception>
    public ITimedModel Load(ModelConfig config, ReadTensor read, MeasureSection settings)
    {
        var library = Library();
        var file = new TemporaryGguf(config, read, TypeOf(settings));
        try
        {
            return new LlamaCppTimedModel(file, library, Threads, HalfCache(settings));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static bool Runs(SubblockSpec spec) => spec is not (LinearFeedForwardSpec or GroupedQuerySpec { Window: not null });

    private static int Threads => Math.Clamp(torch.get_num_threads(), 1, Environment.ProcessorCount);

    private LlamaCppLibrary Library() => _find() ?? throw new RecipeException($"llama.cpp: {Unavailable}");

    private static StoredType TypeOf(MeasureSection settings) => settings.Weights switch
    {
        ServedType.F32 => StoredType.F32,
        ServedType.F16 => StoredType.F16,
        ServedType.BF16 => StoredType.BF16,
        ServedType.Q8_0 => StoredType.Q8_0,
        ServedType.Q4_0 => StoredType.Q4_0,
        var other => throw new RecipeException($"measure.weights: llama.cpp keeps weights as f32, f16, bf16, q8_0 or q4_0, not as {RecipeJson.Canonical(other).Trim('"')}; use engine roofline"),
    };

    private static bool HalfCache(MeasureSection settings) => settings.Cache switch
    {
        ServedType.F32 => false,
        ServedType.F16 => true,
        var other => throw new RecipeException($"measure.cache: llama.cpp is timed with keys and values as f32 or f16, not as {RecipeJson.Canonical(other).Trim('"')}"),
    };
}
