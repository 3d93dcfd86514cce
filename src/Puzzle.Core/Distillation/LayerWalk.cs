using Puzzle.Core.Runs;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>
/// The way of a run's training tokens through the parent's layers, with work to do at some of them. Layers whose work is done are
/// passed through, the way ends behind the last that has any, and a run that was killed goes on where the disk knows it.
/// </summary>
internal static class LayerWalk
{
    // Tokens that judge the children while they are trained.
    private const int HeldTokens = 8_192;

    /// <summary>Walks.</summary>
    /// <param name="stage">Whose folder holds the stream where memory is short.</param>
    /// <param name="tokens">Training tokens.</param>
    /// <param name="units">A layer's work; null where there is none.</param>
    /// <param name="train">Does it, with the stream standing at the layer; the last windows, so many, are held out.</param>
    public static void Run(StageContext stage, long tokens, IReadOnlyList<WorkUnit?> units, Action<ParentStream, long> train)
    {
        var run = stage.Run;
        bool IsOpen(int layer) => units[layer] is { IsDone: false };
        var first = Enumerable.Range(0, units.Count).FirstOrDefault(IsOpen, -1);
        if (first < 0)
            return;
        using var train_WT = run.Texts.Stream(tokens);
        using var held_WT = run.Texts.ValidationWindows(HeldTokens, (int)run.Texts.Train.Length).Ids_WT;
        using var ids_WT = cat([train_WT, held_WT]);
        using var counts_WT = run.Texts.Counts(train_WT) is { } counts ? cat([counts, ones_like(held_WT, ScalarType.Float32)]) : null;
        var folder = OnDisk(run, ids_WT.numel()) ? Path.Combine(stage.Folder, "stream-" + new ContentKey().Add("stage", stage.Key).Add("tokens", tokens).ToString()[..8]) : null;
        using (var stream = new ParentStream(run.ParentModel, ids_WT, counts_WT, folder, first))
        {
            do
            {
                stage.Cancellation.ThrowIfCancellationRequested();
                if (IsOpen(stream.Layer))
                    train(stream, held_WT.shape[0]);
                else
                    stream.Pass(stage.Cancellation);
                stage.Progress.Advance((stream.Layer + 1) * tokens, what: $"layer {stream.Layer}");
            }
            while (Enumerable.Range(stream.Layer, units.Count - stream.Layer).Any(IsOpen) && stream.Advance());
        }

        if (folder is not null)
            Directory.Delete(folder, recursive: true);
    }

    // The stream may have half of what the recipe (or the machine) allows; the rest is the parent, the children and what they compute.
    private static bool OnDisk(RunContext run, long tokens)
    {
        var gib = run.Recipe.Distill.MemoryGib ?? Telemetry.ProcessMemory.Available / 2.0 / 1073741824 ?? 2;
        return StageCost.ModelBytes(run) + ParentStream.Bytes(run.ParentModel, tokens) > gib * 1073741824 / 2;
    }
}
