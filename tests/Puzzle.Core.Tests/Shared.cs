namespace Puzzle.Core.Tests;

/// <summary>Finds test inputs: the project's own under <c>tests/data</c>, and the larger <c>shared</c> folder that may lie beside the checkout.</summary>
public static class Shared
{
    /// <summary>A path below <c>shared</c>; skips the running test, with the reason, where it is absent.</summary>
    public static string Path(params string[] parts)
    {
        var path = Find("shared", parts);
        Assert.SkipWhen(path is null, $"needs shared/{string.Join('/', parts)} beside the checkout");
        return path!;
    }

    /// <summary>A reference file or folder: the repository's own copy under <c>tests/data</c>, else the one below <c>shared/golden</c>; skips the running test where both are absent.</summary>
    public static string Golden(params string[] parts) => Find("", ["tests", "data", .. parts]) ?? Path(["golden", .. parts]);

    /// <summary>A path below the repository's root.</summary>
    public static string Repository(params string[] parts) =>
        Find("", parts) ?? throw new FileNotFoundException(string.Join('/', parts));

    private static string? Find(string root, string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = System.IO.Path.Combine([folder.FullName, root, .. parts]);
            if ((root.Length > 0 || File.Exists(System.IO.Path.Combine(folder.FullName, "Puzzle.slnx"))) && System.IO.Path.Exists(path))
                return path;
        }

        return null;
    }
}
