using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>The local cache of the Hugging Face hub, as its own client lays it out. Read only.</summary>
public static class HubCache
{
    /// <summary>The cache's folder: <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public static string Folder => Setting("HF_HUB_CACHE") ?? Path.Combine(
        Setting("HF_HOME") ?? Path.Combine(Setting("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface"),
        "hub");

    /// <summary>The snapshot of a repository.</summary>
    /// <param name="id"><c>organisation/name</c>.</param>
    /// <param name="revision">A branch, tag or commit; null: main.</param>
    /// <param name="kind"><c>models</c> or <c>datasets</c>.</param>
    /// <exception cref="BadInputException">The cache does not hold it; the message says how to get it.</exception>
    public static string FindSnapshot(string id, string? revision = null, string kind = "models")
    {
        var repository = Path.Combine(Folder, $"{kind}--{id.Replace("/", "--")}");
        var snapshots = Path.Combine(repository, "snapshots");
        if (!Directory.Exists(snapshots))
            throw new BadInputException($"{id}: no such folder or file, and not in the local hub cache ({Folder}); get it with: hf download {(kind == "datasets" ? "--repo-type dataset " : "")}{id}");
        var reference = Path.Combine(repository, "refs", revision ?? "main");
        if (Commit(reference) is { } commit && Directory.Exists(Path.Combine(snapshots, commit)))
            return Path.Combine(snapshots, commit);
        if (revision is not null && Directory.Exists(Path.Combine(snapshots, revision)))
            return Path.Combine(snapshots, revision);
        return revision is null && Directory.GetDirectories(snapshots) is [var only]
            ? only
            : throw new BadInputException($"{id}: the local hub cache ({Folder}) has no revision {revision ?? "main"} of it; get it with: hf download {id}{(revision is null ? "" : $" --revision {revision}")}");
    }

    // A reference holds a commit's hash; anything else could lead out of the cache.
    private static string? Commit(string reference)
    {
        if (!File.Exists(reference) || new FileInfo(reference).Length > 100)
            return null;
        var commit = File.ReadAllText(reference).Trim();
        return commit.Length > 0 && commit.All(char.IsAsciiHexDigit) ? commit : null;
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
