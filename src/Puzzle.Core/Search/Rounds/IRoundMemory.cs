using Puzzle.Core.Runs;

namespace Puzzle.Core.Search.Rounds;

/// <summary>Keeps what rounds have measured, so that a search that was stopped goes on where it was.</summary>
public interface IRoundMemory
{
    /// <summary>What was measured, now where it was not yet.</summary>
    /// <param name="what">The kind of measurement.</param>
    /// <param name="key">What it depends on beyond the library and the texts.</param>
    /// <param name="measure">Measures it.</param>
    T Once<T>(string what, ContentKey key, Func<T> measure)
        where T : notnull;
}
