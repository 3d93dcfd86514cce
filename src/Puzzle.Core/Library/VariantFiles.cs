using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Runs;

namespace Puzzle.Core.Library;

/// <summary>Where the variants of a run lie.</summary>
public static class VariantFiles
{
    /// <summary>The stage that trains pairs together.</summary>
    public const string CoupleStage = "couple";

    /// <summary>The unit of a layer, in the folders of init and distill.</summary>
    public static string Layer(int layer) => string.Create(CultureInfo.InvariantCulture, $"layer-{layer:00}");

    /// <summary>The library that a stage of a run left.</summary>
    public static VariantLibrary Of(RunContext run, string stage) =>
        new(run.Parent.Config, run.Choices, layer => Path.Combine(run.Folder.Of(stage), Layer(layer) + ".safetensors"));

    /// <summary>The library at its best: subblocks as stage distill left them, and in blocks that stage couple trained as they are there.</summary>
    public static VariantLibrary Coupled(RunContext run) =>
        new(run.Parent.Config, run.Choices, layer => Path.Combine(run.Folder.Of("distill"), Layer(layer) + ".safetensors"), (layer, pair) => Path.Combine(run.Folder.Of(CoupleStage), Layer(layer) + PairExtension(pair)));

    /// <summary>What the name of a pair's file ends with, behind its layer.</summary>
    public static string PairExtension(Variants.LayerSpec pair) => $".{pair.Attention.Id}.{pair.FeedForward.Id}.safetensors";

    /// <summary>What <see cref="WorkUnit.Done"/> was given for a layer by a stage that is done; empty where nothing is there.</summary>
    public static IReadOnlyDictionary<string, T> Records<T>(RunFolder folder, string stage, int layer) =>
        AtomicFile.TryReadJson<Mark<T>>(Path.Combine(folder.Of(stage), Layer(layer) + ".done.json"))?.Record ?? new Dictionary<string, T>();

    private sealed record Mark<T>(IReadOnlyDictionary<string, T> Record);
}
