using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>The safetensors files of a folder, one or sharded, as one set of tensors. An index cannot reach outside its folder.</summary>
internal sealed class ShardIndex : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";

    private const long MaxIndexBytes = 256 << 20;

    private readonly Dictionary<string, SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _byTensor = [];
    private readonly Dictionary<string, string> _aliases = [];

    private ShardIndex()
    {
    }

    /// <summary>Which file holds each tensor.</summary>
    public IReadOnlyDictionary<string, SafetensorsFile> Files => _byTensor;

    /// <exception cref="BadInputException">No weights, or an index or a file that is not sound.</exception>
    public static ShardIndex Open(string folder)
    {
        var index = new ShardIndex();
        try
        {
            var (single, sharded) = (Path.Combine(folder, SingleName), Path.Combine(folder, IndexName));
            if (File.Exists(single))
                index.AddAll(single);
            else if (File.Exists(sharded))
                index.AddIndex(folder, sharded);
            else
                throw Missing(folder);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>The stored name behind a name: itself, or what <c>__metadata__</c> says it shares its data with; null where there is none.</summary>
    public string? Resolve(string name)
    {
        // A chain longer than there are aliases goes round in a circle.
        for (var steps = 0; steps <= _aliases.Count; steps++)
        {
            if (_byTensor.ContainsKey(name))
                return name;
            if (!_aliases.TryGetValue(name, out name!))
                return null;
        }

        return null;
    }

    /// <summary>Names that are stored under another one.</summary>
    public IEnumerable<string> Aliases => _aliases.Keys.Where(name => Resolve(name) is { } stored && stored != name);

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    private void AddAll(string path)
    {
        var file = Add(path);
        foreach (var name in file.Tensors.Keys)
            _byTensor.Add(name, file);
    }

    private void AddIndex(string folder, string path)
    {
        var config = ConfigObject.Read(path, MaxIndexBytes);
        foreach (var (name, shard) in config.Object("weight_map").Texts())
        {
            var file = Add(Path.Combine(folder, Inside(path, shard)));
            if (!file.Tensors.ContainsKey(name))
                throw new BadInputException($"{path}: tensor {name} should be in {shard}, but is not");
            _byTensor.Add(name, file);
        }
    }

    private SafetensorsFile Add(string path)
    {
        if (_files.TryGetValue(path, out var file))
            return file;
        _files.Add(path, file = SafetensorsFile.Open(path));
        foreach (var (alias, target) in file.Metadata)
            _aliases.TryAdd(alias, target);
        return file;
    }

    // A path downwards at most: some writers group shards in a folder of their own.
    private static string Inside(string index, string shard)
    {
        var inside = shard.EndsWith(".safetensors", StringComparison.Ordinal)
            && shard.All(c => c is not ('\\' or ':') && !char.IsControl(c))
            && shard.Split('/').All(part => part is not ("" or "." or ".."));
        return inside ? shard : throw new BadInputException(
            $"{index}: the shard \"{new string([.. shard.Select(c => char.IsControl(c) ? '?' : c)])}\" is not the name of a .safetensors file within the same folder");
    }

    private static BadInputException Missing(string folder)
    {
        var pickled = Directory.EnumerateFiles(folder, "*.bin").Concat(Directory.EnumerateFiles(folder, "*.pt*")).FirstOrDefault();
        return new($"{folder}: neither {SingleName} nor {IndexName} is there"
            + (pickled is null ? "" : $"; {Path.GetFileName(pickled)} is a pickle, which is never loaded: convert it to safetensors"));
    }
}
