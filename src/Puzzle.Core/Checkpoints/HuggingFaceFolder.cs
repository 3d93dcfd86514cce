using Puzzle.Core.Errors;
using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// A model folder in Hugging Face's layout: <c>config.json</c> and safetensors, one file or shards. Families of
/// <see cref="ModelFamily"/>, nemotron-nas and AnyModel.
/// </summary>
public sealed class HuggingFaceFolder : ICheckpoint
{
    private static readonly string[] UnreadEndings = [".q_norm.weight", ".k_norm.weight", ".weight_scale", ".weight_scale_inv"];

    private readonly ShardIndex _shards;
    private readonly Dictionary<string, TensorInfo> _tensors;
    private readonly Lazy<string> _hash;

    private HuggingFaceFolder(string path, ModelConfig config, ShardIndex shards)
    {
        (Path, Config, _shards) = (path, config, shards);
        _tensors = Match();
        _hash = new(() => ModelHash.Compute(Config, _tensors.Values, CopyStored));
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <inheritdoc/>
    public string ContentHash => _hash.Value;

    /// <param name="folder">Holds <c>config.json</c> and safetensors.</param>
    /// <exception cref="BadInputException">Something is missing, not sound, or not supported; weights that do not fit the configuration are named.</exception>
    public static HuggingFaceFolder Open(string folder)
    {
        var config = ReadConfig(folder);
        var shards = ShardIndex.Open(folder);
        try
        {
            return new(folder, config, shards);
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    /// <summary>The architecture of a folder, without its weights: <c>config.json</c> and the end ids of <c>generation_config.json</c>.</summary>
    /// <exception cref="BadInputException">Something is missing, not sound, or not supported.</exception>
    public static ModelConfig ReadConfig(string folder)
    {
        var config = HuggingFaceConfig.Read(System.IO.Path.Combine(folder, "config.json"));
        var generation = System.IO.Path.Combine(folder, "generation_config.json");
        if (!File.Exists(generation))
            return config;
        // Where both name end ids, those for generation are the ones that end it.
        var ends = HuggingFaceConfig.TokenIds(ConfigObject.Read(generation), "eos_token_id", config.VocabSize);
        return ends.Count > 0 ? config with { EosTokenIds = ends } : config;
    }

    /// <inheritdoc/>
    public bool Has(string name) => Stored(name) is not null;

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination)
    {
        var stored = Stored(name) ?? throw new BadInputException($"{Path}: there is no tensor {name}");
        _shards.Files[stored].Read(stored, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _shards.Dispose();

    private void CopyStored(string name, long offset, Span<byte> destination)
    {
        var stored = Stored(name)!;
        _shards.Files[stored].CopyStored(stored, offset, destination);
    }

    /// <summary>The name under which a tensor's data are stored, aliases and tying followed; null where there is none.</summary>
    private string? Stored(string name)
    {
        if (!Config.TieWordEmbeddings || name is not (WeightLayout.Embedding or WeightLayout.Head))
            return _shards.Resolve(name);
        return _shards.Resolve(WeightLayout.Embedding) ?? _shards.Resolve(WeightLayout.Head);
    }

    /// <summary>Finds every tensor that the architecture needs and checks its shape; what no layer needs is left out.</summary>
    private Dictionary<string, TensorInfo> Match()
    {
        Dictionary<string, TensorInfo> tensors = [];
        foreach (var (name, shape) in WeightLayout.Of(Config))
        {
            var stored = Stored(name) ?? throw new BadInputException($"{Path}: tensor {name} is missing");
            var info = _shards.Files[stored].Tensors[stored];
            if (!info.Shape.SequenceEqual(shape))
                throw new BadInputException($"{Path}: tensor {name} has shape [{string.Join(", ", info.Shape)}]; by config.json it should be [{string.Join(", ", shape)}]");
            if (!Widening.IsFloat(info.Type))
                throw new BadInputException($"{Path}: tensor {name} holds {info.Type}; weights must be floating-point");
            tensors.Add(name, info with { Name = name });
        }

        RefuseUnread(tensors);
        return tensors;
    }

    // A bias or a norm that is stored in a living subblock but would not be read means that the configuration says
    // something else than the weights do. (A bias of zeros is a writer's way to fill a flag that says "all or none".)
    private void RefuseUnread(Dictionary<string, TensorInfo> tensors)
    {
        foreach (var (name, file) in _shards.Files)
        {
            var unread = !tensors.ContainsKey(name) && (
                (name.EndsWith(".bias", StringComparison.Ordinal) && tensors.ContainsKey($"{name[..^4]}weight") && !IsZero(file, name))
                || UnreadEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)));
            if (unread)
                throw new BadInputException($"{Path}: tensor {name} is stored, but by config.json nothing uses it");
        }
    }

    private static bool IsZero(SafetensorsFile file, string name)
    {
        var values = new float[checked((int)file.Tensors[name].Count)];
        file.Read(name, values);
        return !values.AsSpan().ContainsAnyExcept(0f);
    }
}
