using Puzzle.Core.Errors;
using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// A model in a GGUF file. Tensors answer under Hugging Face names, dequantised, with q and k rows in Hugging Face's order.
/// </summary>
public sealed class GgufFile : ICheckpoint
{
    // Values dequantised before the check for NaN: small enough to stay in a core's cache.
    private const int ChunkValues = 1 << 15;

    private readonly GgufContainer _file;
    private readonly bool _interleaved;
    private readonly Dictionary<string, TensorInfo> _tensors;
    private readonly Lazy<string> _hash;

    private GgufFile(GgufContainer file)
    {
        _file = file;
        (Config, var family) = GgufConfig.Read(file);
        _interleaved = family.GgufInterleavesRope;
        _tensors = Match();
        _hash = new(() => ModelHash.Compute(Config, _tensors.Values, CopyStored));
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <inheritdoc/>
    public string ContentHash => _hash.Value;

    /// <summary>All keys and values of the file: tokenizer, chat template, origin.</summary>
    public GgufMetadata Metadata => _file.Metadata;

    /// <exception cref="BadInputException">Not a sound GGUF file, or a model that is not supported; weights that do not fit the metadata are named.</exception>
    public static GgufFile Open(string path)
    {
        var file = GgufContainer.Open(path);
        try
        {
            return new(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Has(string name) => _tensors.ContainsKey(Stored(name));

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination)
    {
        if (!_tensors.TryGetValue(Stored(name), out var info))
            throw new BadInputException($"{Path}: there is no tensor {name}");
        if (info.Count != destination.Length)
            throw new BadInputException($"{Path}: tensor {name} has {info.Count} values ([{string.Join(", ", info.Shape)}]), not {destination.Length}");
        var tensor = _file.Tensors[GgufNames.ToGguf(info.Name)];
        if (_interleaved && RopePairs.Turns(name))
            ReadTurned(tensor, destination);
        else
            ReadChunks(tensor, 0, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private string Stored(string name) => Config.TieWordEmbeddings && name == WeightLayout.Head ? WeightLayout.Embedding : name;

    private void ReadTurned(GgufTensor tensor, Span<float> destination)
    {
        if (tensor.Info.Shape is [_, var columns])
        {
            for (var row = 0; row < destination.Length / columns; row++)
                ReadChunks(tensor, RopePairs.InterleavedRow(row, Config.HeadDim) * columns, destination.Slice((int)(row * columns), (int)columns));
            return;
        }

        var bias = new float[destination.Length];
        ReadChunks(tensor, 0, bias);
        for (var row = 0; row < bias.Length; row++)
            destination[row] = bias[RopePairs.InterleavedRow(row, Config.HeadDim)];
    }

    /// <summary>Reads values from <paramref name="first"/> on, which begins a block.</summary>
    private void ReadChunks(GgufTensor tensor, long first, Span<float> destination)
    {
        var layout = tensor.Layout;
        for (var start = 0; start < destination.Length; start += ChunkValues)
        {
            var chunk = destination.Slice(start, Math.Min(ChunkValues, destination.Length - start));
            var bytes = _file.Bytes(tensor, (first + start) / layout.BlockSize * layout.Bytes, chunk.Length / layout.BlockSize * layout.Bytes);
            Dequantizer.ToFloat(layout.Type, bytes, chunk);
            if (Widening.FirstNonFinite(chunk) is >= 0 and var index)
                throw new BadInputException($"{Path}: tensor {tensor.Info.Name} holds {chunk[index]} at index {first + start + index}; weights must be finite");
        }
    }

    private void CopyStored(string name, long offset, Span<byte> destination) =>
        _file.Bytes(_file.Tensors[GgufNames.ToGguf(name)], offset, destination.Length).CopyTo(destination);

    private Dictionary<string, TensorInfo> Match()
    {
        Dictionary<string, TensorInfo> tensors = [];
        foreach (var (name, shape) in WeightLayout.Of(Config))
        {
            var gguf = GgufNames.ToGguf(name);
            var info = _file.Tensors.GetValueOrDefault(gguf)?.Info ?? throw new BadInputException($"{Path}: tensor {gguf} is missing");
            if (!info.Shape.SequenceEqual(shape))
                throw new BadInputException($"{Path}: tensor {gguf} has shape [{string.Join(", ", info.Shape)}]; by the metadata it should be [{string.Join(", ", shape)}]");
            if (!Dequantizer.Reads(info.Type))
                throw new BadInputException($"{Path}: tensor {gguf} holds {info.Type}, which is not supported for weights");
            tensors.Add(name, info with { Name = name });
        }

        return tensors;
    }
}
