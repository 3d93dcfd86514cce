using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;

namespace Puzzle.Cli.Wiring;

/// <summary>A model packed for the engine, with its tokenizer where it has one.</summary>
internal sealed class ServedModel : IDisposable
{
    private ServedModel(string path, CpuModel model, ITokenizer? tokenizer) => (Path, Model, Tokenizer) = (path, model, tokenizer);

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    public CpuModel Model { get; }

    public ModelConfig Config => Model.Config;

    public ITokenizer? Tokenizer { get; }

    /// <summary>What ends a text: the ids that the configuration names, and the tokenizer's.</summary>
    public IReadOnlyCollection<int> EndIds => [.. Config.EosTokenIds.Concat(Tokenizer?.EosId is { } id ? [id] : []).Distinct()];

    /// <param name="name">A folder, a GGUF file, or a hub id in the local cache.</param>
    /// <param name="type">How weights are kept.</param>
    /// <param name="needsTokenizer">False: a model without a tokenizer is taken too.</param>
    public static ServedModel Open(string name, WeightType type, bool needsTokenizer)
    {
        using var checkpoint = CheckpointFile.Open(name);
        ITokenizer? tokenizer = null;
        try
        {
            tokenizer = Tokenizers.Load(checkpoint.Path);
        }
        catch (Core.Errors.BadInputException) when (!needsTokenizer)
        {
            // Timing needs none.
        }

        return new(checkpoint.Path, CpuModel.Load(checkpoint, type), tokenizer);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
