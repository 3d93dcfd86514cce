using Puzzle.Core.Library;
using Puzzle.Core.Runs;

namespace Puzzle.Core.Search.Rounds;

/// <summary>Measurements of rounds as units of work in the stage's folder.</summary>
/// <param name="stage">The stage.</param>
public sealed class RoundUnits(StageContext stage) : IRoundMemory
{
    /// <inheritdoc/>
    public T Once<T>(string what, ContentKey key, Func<T> measure)
        where T : notnull
    {
        var folder = stage.Run.Folder;
        key.Add("score", folder.Done("score")!.Key).Add("distill", folder.Done("distill")!.Result).Add("couple", folder.Done(VariantFiles.CoupleStage)!.Result);
        var unit = stage.Unit($"rounds/{what}-{key.ToString()[..16]}", key);
        if (!unit.IsDone)
            unit.Done(measure());
        return unit.ReadRecord<T>();
    }
}
