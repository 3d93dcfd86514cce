using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement.Tables;

/// <summary>
/// Measured costs that runs share: a folder with a file for everything that times depend on (hardware, engine and its version, types,
/// sizes of the parent, how often was measured), whose name is the hash of that.
/// </summary>
/// <param name="folder">Made where it is missing.</param>
/// <param name="key">Everything that the times depend on but workload and subblock.</param>
/// <param name="empty">A table of that hardware, engine and type without workloads.</param>
public sealed class SharedCosts(string folder, ContentKey key, CostTable empty)
{
    private readonly string _path = Path.Combine(folder, $"{empty.Engine}-{empty.Dtype}-{key}.json");

    /// <summary>What the times of a parent's subblocks depend on.</summary>
    /// <param name="engine">Who measures.</param>
    /// <param name="parent">Sizes; how many layers there are decides whether copies stay in the caches.</param>
    /// <param name="settings">Types, repeats, copies.</param>
    public static SharedCosts Of(string folder, ICostEngine engine, ModelConfig parent, MeasureSection settings, string dtype)
    {
        var hardware = engine.Hardware(settings);
        var key = new ContentKey().Add("engine", engine.Name).Add("version", engine.Version(settings)).Add("hardware", hardware).Add("dtype", dtype).Add("cache", settings.Cache)
            .Add("sizes", parent with { Layers = [parent.Layers[0]], BosTokenId = null, EosTokenIds = [] }).Add("layers", parent.Layers.Count)
            .Add("measured", new { settings.Repeats, settings.Warmup, settings.Copies });
        return new SharedCosts(folder, key, new CostTable { Engine = engine.Name, Hardware = hardware, Dtype = dtype, Workloads = [] });
    }

    /// <summary>What is known of a workload; null where some subblock is not.</summary>
    public WorkloadCosts? Find(Workload workload, IEnumerable<SubblockSpec> specs) =>
        Read().Workloads.FirstOrDefault(costs => costs.Workload == workload) is { } known && specs.All(spec => spec is NoOpAttentionSpec or NoOpFeedForwardSpec || known.Subblocks.ContainsKey(spec.Id)) ? known : null;

    /// <summary>Adds a workload; subblocks that were known before stay.</summary>
    public void Add(WorkloadCosts costs)
    {
        Directory.CreateDirectory(folder);
        var table = Read();
        var before = table.Workloads.FirstOrDefault(other => other.Workload == costs.Workload);
        var merged = costs with { Subblocks = (before?.Subblocks ?? new Dictionary<string, SubblockCost>()).Where(pair => !costs.Subblocks.ContainsKey(pair.Key)).Concat(costs.Subblocks).ToDictionary() };
        AtomicFile.WriteText(_path, (table with { Workloads = [.. table.Workloads.Where(other => other.Workload != costs.Workload), merged] }).ToJson());
    }

    // Half-written or foreign files are not there, as far as this is concerned: they are written anew.
    private CostTable Read()
    {
        try
        {
            return File.Exists(_path) && CostTable.FromJson(File.ReadAllText(_path), _path) is var table && table.Hardware == empty.Hardware && table.Engine == empty.Engine ? table : empty;
        }
        catch (Errors.BadInputException)
        {
            return empty;
        }
    }
}
