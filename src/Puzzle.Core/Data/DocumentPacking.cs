namespace Puzzle.Core.Data;

/// <summary>Whole documents packed into windows, none cut unless it is longer than a window; the rest of a window is padding.</summary>
public static class DocumentPacking
{
    private const int LookAhead = 64;

    /// <summary>Takes documents in order; each window is filled up with the longest of the next few that still fits.</summary>
    /// <param name="documents">Token ids of each, with their end token.</param>
    /// <param name="length">Tokens a window.</param>
    /// <param name="padding">The id that fills what is left.</param>
    /// <returns>Windows one after the other: a multiple of <paramref name="length"/> ids.</returns>
    public static int[] Pack(IEnumerable<int[]> documents, int length, int padding)
    {
        var packed = new List<int>();
        var waiting = new List<int[]>();
        using var source = documents.GetEnumerator();
        while (true)
        {
            while (waiting.Count < LookAhead && source.MoveNext())
                waiting.Add(source.Current.Length <= length ? source.Current : source.Current[..length]);
            if (waiting.Count == 0)
                return [.. packed];

            var end = packed.Count + length;
            for (var next = 0; next >= 0;)
            {
                packed.AddRange(waiting[next]);
                waiting.RemoveAt(next);
                next = -1;
                for (var i = 0; i < waiting.Count; i++)
                {
                    if (waiting[i].Length <= end - packed.Count && (next < 0 || waiting[i].Length > waiting[next].Length))
                        next = i;
                }
            }

            packed.AddRange(Enumerable.Repeat(padding, end - packed.Count));
        }
    }
}
