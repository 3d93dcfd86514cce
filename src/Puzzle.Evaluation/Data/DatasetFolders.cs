using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Data;

/// <summary>
/// Finds a task's data on this machine: files that the task names, a folder given by the user, the hub's cache. Nothing
/// is downloaded; what is absent is named together with the places that were searched and the command that gets it.
/// </summary>
/// <param name="dataFolder">Searched first (<c>--data</c>); null: only files named by tasks, and the caches.</param>
public sealed class DatasetFolders(string? dataFolder = null) : IDocumentSource
{
    // Builders of the datasets library, not data sets: their files are named by the task.
    private static readonly string[] s_formats = ["json", "csv", "parquet", "arrow", "text"];

    private readonly Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, object?>>> _read = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(TaskConfiguration task, string split)
    {
        var files = Files(task, split);
        var key = string.Join('\n', files);
        if (!_read.TryGetValue(key, out var documents))
            _read[key] = documents = files.Count == 1 ? DocumentFile.Read(files[0]) : [.. files.SelectMany(DocumentFile.Read)];
        return documents;
    }

    private IReadOnlyList<string> Files(TaskConfiguration task, string split)
    {
        if (task.DataFiles.TryGetValue(split, out var named))
            return [.. named.Select(file => Named(task, file))];
        if (task.DataFiles.Count > 0)
            throw new BadInputException($"{task.Source}: data_files names no split {split}; it has {string.Join(", ", task.DataFiles.Keys)}");
        var path = task.DatasetPath ?? throw new BadInputException($"{task.Source}: key dataset_path is missing");
        if (s_formats.Contains(path))
            throw new BadInputException($"{task.Source}: dataset_path {path} needs dataset_kwargs.data_files");

        var searched = new List<string>();
        foreach (var folder in Folders(task, path))
        {
            if (!Directory.Exists(folder))
            {
                searched.Add($"{folder} (absent)");
                continue;
            }

            var files = SplitFiles.Find(folder, task.DatasetName, split);
            if (files.Count > 0)
                return files;
            searched.Add($"{folder} (no file of {(task.DatasetName is null ? "" : $"configuration {task.DatasetName}, ")}split {split})");
        }

        throw new BadInputException(
            $"{task.Task}: data set {path}{(task.DatasetName is null ? "" : $" ({task.DatasetName})")}, split {split}, is not on this machine. Searched: {string.Join("; ", searched)}. " +
            $"Get it with: hf download --repo-type dataset {path}{(dataFolder is null ? "" : $" --local-dir {Path.Combine(dataFolder, path)}")} — or put {split}.parquet or {split}.jsonl into a folder DIR/{path}{(task.DatasetName is null ? "" : "/" + task.DatasetName)} and give --data DIR");
    }

    // Relative to the task file first, to the folder above it (where a folder of task files lies), then to the working folder.
    private static string Named(TaskConfiguration task, string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(task.Source)) ?? "";
        var places = new[] { Path.Combine(folder, file), Path.Combine(folder, "..", file), file };
        return places.FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new BadInputException($"{task.Source}: data file {file} is neither beside the task file ({Path.GetFullPath(places[0])}), nor in the folder above it, nor in the working folder");
    }

    private IEnumerable<string> Folders(TaskConfiguration task, string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (dataFolder is not null)
        {
            foreach (var folder in new[] { path, name, task.Task }.Distinct(StringComparer.Ordinal))
                yield return Path.Combine(dataFolder, folder);
        }

        if (Path.IsPathRooted(path) || path.StartsWith('.'))
        {
            yield return Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(task.Source)) ?? "", path);
            yield break;
        }

        yield return Snapshot(path);

        // The datasets library keeps what it has prepared as Arrow files, under the organisation and name joined by ___.
        var home = Environment.GetEnvironmentVariable("HF_DATASETS_CACHE") is { Length: > 0 } cache ? cache : Path.Combine(Path.GetDirectoryName(HubCache.Folder) ?? "", "datasets");
        var prepared = path.Replace("/", "___");
        var found = Directory.Exists(home)
            ? Directory.EnumerateDirectories(home).FirstOrDefault(folder => string.Equals(Path.GetFileName(folder), prepared, StringComparison.OrdinalIgnoreCase))
            : null;
        yield return found ?? Path.Combine(home, prepared);
    }

    private static string Snapshot(string path)
    {
        try
        {
            return HubCache.FindSnapshot(path, kind: "datasets");
        }
        catch (BadInputException)
        {
            return Path.Combine(HubCache.Folder, $"datasets--{path.Replace("/", "--")}");
        }
    }
}
