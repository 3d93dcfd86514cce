using System.Text.Json;
using System.Text.RegularExpressions;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Reports;

namespace Puzzle.Core.Export;

/// <summary>What a parent's own files say of where it comes from, for the front matter of its child's card.</summary>
public static partial class ParentOrigin
{
    private const int MostBytes = 1 << 20;

    /// <summary>The hub id and the licence of a parent, as far as they are known.</summary>
    /// <param name="said">The parent as the recipe names it.</param>
    /// <param name="parent">The parent.</param>
    public static ModelCardOptions Of(string said, ICheckpoint parent)
    {
        var place = Path.GetFullPath(Directory.Exists(parent.Path) ? parent.Path : Path.GetDirectoryName(parent.Path) ?? ".");
        return new()
        {
            BaseModel = (Path.Exists(said) ? null : Id(said.Split('@')[0])) ?? FromCache(place) ?? FromConfig(Path.Combine(place, "config.json")),
            License = FromCard(Path.Combine(place, "README.md")),
        };
    }

    private static string? Id(string? text) => text is not null && HubId().IsMatch(text) ? text : null;

    // The hub's cache names folders models--organisation--name.
    private static string? FromCache(string place) =>
        place.Split(Path.DirectorySeparatorChar).LastOrDefault(part => part.StartsWith("models--", StringComparison.Ordinal)) is { } folder ? Id(folder["models--".Length..].Replace("--", "/", StringComparison.Ordinal)) : null;

    private static string? FromConfig(string path)
    {
        if (Text(path) is not { } text)
            return null;
        try
        {
            using var config = JsonDocument.Parse(text);
            return config.RootElement.ValueKind == JsonValueKind.Object && config.RootElement.TryGetProperty("_name_or_path", out var name) && name.ValueKind == JsonValueKind.String ? Id(name.GetString()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? FromCard(string path) =>
        Text(path) is { } text && text.StartsWith("---", StringComparison.Ordinal) && text.IndexOf("\n---", 3, StringComparison.Ordinal) is > 0 and var end && License().Match(text[..end]) is { Success: true } found
            ? found.Groups["name"].Value
            : null;

    private static string? Text(string path) => new FileInfo(path) is { Exists: true, Length: <= MostBytes } ? File.ReadAllText(path) : null;

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
    private static partial Regex HubId();

    [GeneratedRegex(@"^license:[ \t]*['""]?(?<name>[\w.-]+)['""]?[ \t\r]*$", RegexOptions.Multiline)]
    private static partial Regex License();
}
