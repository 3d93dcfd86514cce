using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;
using TorchSharp;

namespace Puzzle.Cli.Wiring;

/// <summary>A model ready for the engine, with its tokenizer where it has one: packed for the processor, or as tensors on an accelerator.</summary>
internal sealed class ServedModel : IDisposable
{
    private readonly CpuModel? _packed;
    private Transformer? _transformer;

    private ServedModel(string path, ModelConfig config, ITokenizer? tokenizer, CpuModel? packed, Transformer? transformer) =>
        (Path, Config, Tokenizer, _packed, _transformer) = (path, config, tokenizer, packed, transformer);

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    public ModelConfig Config { get; }

    public ITokenizer? Tokenizer { get; }

    /// <summary>The packed weights; there are none on an accelerator.</summary>
    public CpuModel Packed => _packed ?? throw new InvalidOperationException("on an accelerator nothing is packed");

    /// <summary>What ends a text: the ids that the configuration names, and the tokenizer's.</summary>
    public IReadOnlyCollection<int> EndIds => [.. Config.EosTokenIds.Concat(Tokenizer?.EosId is { } id ? [id] : []).Distinct()];

    /// <param name="name">A folder, a GGUF file, or a hub id in the local cache.</param>
    /// <param name="type">How weights are kept; float32 alone on an accelerator.</param>
    /// <param name="needsTokenizer">False: a model without a tokenizer is taken too.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    public static ServedModel Open(string name, WeightType type, bool needsTokenizer, string device = "cpu")
    {
        var onProcessor = device == "cpu";
        if (!onProcessor)
            CheckDevice(device, type);
        using var checkpoint = CheckpointFile.Open(name);
        ITokenizer? tokenizer = null;
        try
        {
            tokenizer = Tokenizers.Load(checkpoint.Path);
        }
        catch (BadInputException) when (!needsTokenizer)
        {
            // Timing needs none.
        }

        if (onProcessor)
        {
            var packed = CpuModel.Load(checkpoint, type);
            return new(checkpoint.Path, packed.Config, tokenizer, packed, null);
        }

        var transformer = ModelLoader.Load(checkpoint, new torch.Device(device));
        transformer.RequireGrad(false);
        return new(checkpoint.Path, transformer.Config, tokenizer, null, transformer);
    }

    /// <summary>Room for sequences; on an accelerator the model goes with it.</summary>
    public IDecoder Decoder(int slots, int capacity, EngineOptions options)
    {
        if (_transformer is null)
            return new CpuDecoder(Packed, slots, capacity, options);
        var decoder = new TorchDecoder(_transformer, slots, capacity, options.ChunkTokens);
        _transformer = null;
        return decoder;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed?.Dispose();
        _transformer?.Dispose();
    }

    private static void CheckDevice(string device, WeightType type)
    {
        if (device != "cuda" && !(device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), out var number) && number >= 0))
            throw new RecipeException($"--device is '{device}'; expected cpu, cuda or cuda:N");
        if (type != WeightType.F32)
            throw new RecipeException($"--weights {type.ToString().ToLowerInvariant()} goes with --device cpu; an accelerator takes f32");
        Core.Runtime.Libtorch.Load();
        if (!torch.cuda.is_available())
            throw new OutOfResourceException($"--device {device}: no CUDA device in this libtorch; 'puzzle doctor' tells how to use one");
    }
}
