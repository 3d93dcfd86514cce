using Puzzle.Core.Text;

namespace Puzzle.Evaluation.Requests;

/// <summary>Stop strings of generated text.</summary>
public static class StopText
{
    /// <summary>How many of the last ids are decoded to look for a stop string that has just been completed.</summary>
    private const int Slack = 8;

    /// <summary>Whether the text of the ids holds a stop string that ends in their last few.</summary>
    public static bool Contains(ITokenizer tokenizer, IReadOnlyList<int> ids, IReadOnlyList<string> until)
    {
        var longest = until.Count == 0 ? 0 : until.Max(stop => stop.Length);
        if (longest == 0)
            return false;

        // A token is at least one byte, so the stop string lies within as many ids as it has bytes, four a character at most.
        var count = Math.Min(ids.Count, (longest * 4) + Slack);
        var tail = new int[count];
        for (var i = 0; i < count; i++)
            tail[i] = ids[ids.Count - count + i];
        var text = tokenizer.Decode(tail, skipSpecial: false);
        return until.Any(stop => stop.Length > 0 && text.Contains(stop, StringComparison.Ordinal));
    }

    /// <summary>The text before the first of the stop strings.</summary>
    public static string Cut(string text, IReadOnlyList<string> until)
    {
        foreach (var stop in until)
        {
            if (stop.Length > 0 && text.IndexOf(stop, StringComparison.Ordinal) is var at and >= 0)
                text = text[..at];
        }

        return text;
    }
}
