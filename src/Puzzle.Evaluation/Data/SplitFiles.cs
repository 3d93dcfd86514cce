namespace Puzzle.Evaluation.Data;

/// <summary>Finds the files of a split in a folder, by the layouts that data sets come in: a file or folder named for the split, shards, a folder or prefix for each configuration.</summary>
public static class SplitFiles
{
    private const int MaxFiles = 50_000;

    private static readonly string[][] s_synonyms = [["train", "training"], ["validation", "valid", "val", "dev"], ["test", "testing", "eval"]];

    /// <param name="configuration">The data set's configuration, or null.</param>
    /// <returns>The split's files in the order of their shards; empty where there are none.</returns>
    public static IReadOnlyList<string> Find(string folder, string? configuration, string split)
    {
        if (!Directory.Exists(folder))
            return [];
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true };
        var files = Directory.EnumerateFiles(folder, "*", options).Where(DocumentFile.IsKnown).Take(MaxFiles)
            .Select(path => (Path: path, Words: Words(Path.GetRelativePath(folder, path))))
            .ToArray();
        if (!string.IsNullOrEmpty(configuration))
        {
            var own = files.Where(file => file.Words.Any(word => IsConfiguration(word, configuration))).ToArray();

            // A data set with one configuration need not name it: its files lie on top or in a folder "data".
            files = own.Length > 0 ? own : [.. files.Where(file => file.Words is [_] or ["data", _])];
        }

        foreach (var name in Names(split))
        {
            var found = files.Where(file => file.Words.Any(word => IsSplit(word, name))).Select(file => file.Path).ToArray();
            if (found.Length > 0)
                return OneKind(found);
        }

        return [];
    }

    private static IEnumerable<string> Names(string split) =>
        s_synonyms.FirstOrDefault(names => names.Contains(split, StringComparer.OrdinalIgnoreCase)) is { } synonyms
            ? synonyms.OrderByDescending(name => string.Equals(name, split, StringComparison.OrdinalIgnoreCase))
            : [split];

    // Folders, then the file's name without extensions.
    private static string[] Words(string path)
    {
        var parts = path.Split(Path.DirectorySeparatorChar);
        parts[^1] = Path.GetFileNameWithoutExtension(parts[^1]);
        return parts;
    }

    private static bool IsConfiguration(string word, string configuration) =>
        string.Equals(word, configuration, StringComparison.OrdinalIgnoreCase) ||
        word.StartsWith(configuration + "-", StringComparison.OrdinalIgnoreCase) ||
        word.StartsWith(configuration + "_", StringComparison.OrdinalIgnoreCase);

    // The split's name between the word's ends, hyphens, dots or underscores: test, test-00000-of-00001, ai2_arc-test, my_test.
    private static bool IsSplit(string word, string split)
    {
        for (var at = word.IndexOf(split, StringComparison.OrdinalIgnoreCase); at >= 0; at = word.IndexOf(split, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + split.Length;
            if ((at == 0 || word[at - 1] is '-' or '.' or '_') && (end == word.Length || word[end] is '-' or '.' or '_'))
                return true;
        }

        return false;
    }

    // The same split may lie there in several formats, or in several downloads: one of them is taken, the newest folder first.
    private static string[] OneKind(string[] files)
    {
        var group = files.GroupBy(file => (Folder: Path.GetDirectoryName(file), Kind: Path.GetExtension(file).ToLowerInvariant()))
            .OrderBy(group => DocumentFile.Extensions.Index().First(item => item.Item == group.Key.Kind).Index)
            .ThenByDescending(group => Directory.GetLastWriteTimeUtc(group.Key.Folder!))
            .First();
        return [.. group.Order(StringComparer.Ordinal)];
    }
}
