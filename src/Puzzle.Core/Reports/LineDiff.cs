namespace Puzzle.Core.Reports;

/// <summary>What a line of a difference is.</summary>
internal enum LineChange
{
    Same,
    Cut,
    Added,
}

/// <summary>The shortest edit between two texts, line by line (longest common subsequence).</summary>
internal static class LineDiff
{
    private const int MaxLines = 1500; // the table is quadratic

    /// <summary>All lines of both texts in order; texts beyond 1,500 lines are given as cut whole and added whole.</summary>
    public static List<(LineChange Change, string Line)> Between(string before, string after)
    {
        var (a, b) = (before.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'), after.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));
        var lines = new List<(LineChange, string)>();
        if (a.Length > MaxLines || b.Length > MaxLines)
            return [.. a.Select(l => (LineChange.Cut, l)), .. b.Select(l => (LineChange.Added, l))];

        var common = new int[a.Length + 1, b.Length + 1]; // of the rests that begin at i and j
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            if (i < a.Length && j < b.Length && a[i] == b[j])
            {
                lines.Add((LineChange.Same, a[i++]));
                j++;
            }
            else if (j >= b.Length || i < a.Length && common[i + 1, j] >= common[i, j + 1])
                lines.Add((LineChange.Cut, a[i++]));
            else
                lines.Add((LineChange.Added, b[j++]));
        }

        return lines;
    }
}
