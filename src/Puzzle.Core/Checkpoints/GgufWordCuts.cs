using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>llama.cpp's names for the ways in which a byte-level <c>tokenizer.json</c> cuts text into words.</summary>
internal static class GgufWordCuts
{
    // Sequences of steps: a regular expression as written, "digits", or "bytes" (the byte-level step's own expression).
    private static readonly (string[] Steps, bool IgnoresMerges, string Name)[] Known =
    [
        (["bytes"], false, "gpt-2"),
        (["digits", "bytes"], false, "smollm"),
        ([@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"], true, "llama-bpe"),
        ([@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"], false, "qwen2"),
    ];

    public static bool IsByteLevel(JsonElement tokenizer) => Steps(tokenizer).Any(step => step.Type == "ByteLevel");

    /// <exception cref="BadInputException">llama.cpp has no name for this way.</exception>
    public static string NameOf(JsonElement tokenizer, string path)
    {
        string[] steps = [.. Steps(tokenizer).Select(Show).OfType<string>()];
        var ignoresMerges = tokenizer.GetProperty("model").TryGetProperty("ignore_merges", out var flag) && flag.ValueKind == JsonValueKind.True;
        foreach (var known in Known)
        {
            if (known.Steps.SequenceEqual(steps) && known.IgnoresMerges == ignoresMerges)
                return known.Name;
        }

        throw new BadInputException($"{path}: llama.cpp has no name for the pre-tokenizer {string.Join(", then ", steps)}{(ignoresMerges ? " (ignore_merges)" : "")}; take the tokenizer from a GGUF file of the parent instead");
    }

    private static IEnumerable<(string Type, JsonElement Json)> Steps(JsonElement tokenizer)
    {
        if (!tokenizer.TryGetProperty("pre_tokenizer", out var step) || step.ValueKind != JsonValueKind.Object)
            return [];
        var type = step.GetProperty("type").GetString()!;
        return type == "Sequence"
            ? step.GetProperty("pretokenizers").EnumerateArray().Select(inner => (inner.GetProperty("type").GetString()!, inner))
            : [(type, step)];
    }

    private static string? Show((string Type, JsonElement Json) step) => step.Type switch
    {
        "ByteLevel" => !step.Json.TryGetProperty("use_regex", out var own) || own.GetBoolean() ? "bytes" : null,
        "Digits" => step.Json.TryGetProperty("individual_digits", out var single) && single.GetBoolean() ? "digits" : "runs of digits",
        "Split" => step.Json.GetProperty("pattern") is var pattern && pattern.TryGetProperty("Regex", out var expression) ? expression.GetString() : pattern.GetRawText(),
        var other => other,
    };
}
