using System.Text.RegularExpressions;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>Opens a model however the user names it: a folder, a GGUF file, or a hub id that the local cache holds.</summary>
public static partial class CheckpointFile
{
    /// <summary>Opens a model. Nothing is downloaded.</summary>
    /// <param name="model">A folder, a <c>.gguf</c> file, or <c>organisation/name</c>, <c>organisation/name@revision</c>.</param>
    /// <exception cref="BadInputException">There is no such model, or it is not sound, or not supported.</exception>
    public static ICheckpoint Open(string model)
    {
        var path = Find(model);
        return File.Exists(path) ? GgufFile.Open(path) : HuggingFaceFolder.Open(path);
    }

    /// <summary>The folder or the GGUF file that a name stands for.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public static string Find(string model)
    {
        if (Directory.Exists(model))
            return InFolder(model);
        if (File.Exists(model))
        {
            return IsGguf(model) ? model : throw new BadInputException(
                $"{model}: not a GGUF file; a model is a folder with config.json and safetensors, a .gguf file, or a hub id in the local cache");
        }

        if (HubId().Match(model) is { Success: true } id)
            return InFolder(HubCache.FindSnapshot(id.Groups["id"].Value, id.Groups["revision"] is { Success: true } revision ? revision.Value : null));
        throw new BadInputException($"{model}: no such folder or file, and not a hub id (organisation/name)");
    }

    private static string InFolder(string folder)
    {
        if (File.Exists(Path.Combine(folder, "config.json")))
            return folder;
        string[] files = [.. Directory.EnumerateFiles(folder, "*.gguf").Order(StringComparer.Ordinal)];
        return files switch
        {
            [var only] => only,
            [] => throw new BadInputException($"{folder}: neither config.json nor a .gguf file is in this folder"),
            _ => throw new BadInputException($"{folder}: holds {files.Length} GGUF files; name one of them: {string.Join(", ", files.Take(5).Select(Path.GetFileName))}"),
        };
    }

    private static bool IsGguf(string path)
    {
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return true;
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("GGUF"u8);
    }

    [GeneratedRegex(@"^(?<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?<revision>[\w.-]+))?$")]
    private static partial Regex HubId();
}
