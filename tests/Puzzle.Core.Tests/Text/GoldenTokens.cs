using System.Text.Json;
using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

/// <summary>What the reference tokenizers say, and comparison with it.</summary>
internal static class GoldenTokens
{
    public static List<JsonElement> Lines(string folder, string file) =>
        [.. File.ReadLines(Shared.Path("golden", "tokenizers", folder, file)).Select(line => JsonDocument.Parse(line).RootElement)];

    public static int[] Ids(this JsonElement line, string field) => [.. line.GetProperty(field).EnumerateArray().Select(e => e.GetInt32())];

    public static string Text(this JsonElement line, string field) => line.GetProperty(field).GetString()!;

    /// <summary>Encodes every string in the given way and asserts that all agree with a column.</summary>
    public static void AssertEncodes(ITokenizer tokenizer, string folder, string column, bool addSpecial, bool parseSpecial)
    {
        var lines = Lines(folder, "encode.jsonl");
        Assert.Equal(331, lines.Count);
        var wrong = lines
            .Where(line => !tokenizer.Encode(line.Text("text"), addSpecial, parseSpecial).SequenceEqual(line.Ids(column)))
            .Select(line => $"{JsonSerializer.Serialize(line.Text("text"))}: {string.Join(' ', tokenizer.Encode(line.Text("text"), addSpecial, parseSpecial))} expected {string.Join(' ', line.Ids(column))}");
        Assert.Empty(wrong);
    }

    /// <summary>Decodes the ids of a column and asserts that all agree with another.</summary>
    public static void AssertDecodes(ITokenizer tokenizer, string folder, string file, string column, bool skipSpecial)
    {
        var lines = Lines(folder, file);
        var wrong = lines
            .Where(line => tokenizer.Decode(line.Ids("ids"), skipSpecial) != line.Text(column))
            .Select(line => $"[{string.Join(' ', line.Ids("ids"))}]: {JsonSerializer.Serialize(tokenizer.Decode(line.Ids("ids"), skipSpecial))} expected {JsonSerializer.Serialize(line.Text(column))}");
        Assert.Empty(wrong);
    }

    /// <summary>Asserts that a tokenizer saved and loaded again gives the same ids and text.</summary>
    public static void AssertSurvivesSaving(ITokenizer tokenizer, string folder)
    {
        using var target = new TemporaryFolder();
        tokenizer.Save(target.Path);
        var loaded = Tokenizers.Load(target.Path);
        Assert.Equal(tokenizer.VocabSize, loaded.VocabSize);
        Assert.Equal(tokenizer.BosId, loaded.BosId);
        Assert.Equal(tokenizer.EosId, loaded.EosId);
        Assert.Equal(tokenizer.ChatTemplate, loaded.ChatTemplate);
        foreach (var line in Lines(folder, "encode.jsonl"))
        {
            foreach (var (addSpecial, parseSpecial) in new[] { (false, true), (true, true), (false, false) })
            {
                var ids = tokenizer.Encode(line.Text("text"), addSpecial, parseSpecial);
                Assert.Equal(ids, loaded.Encode(line.Text("text"), addSpecial, parseSpecial));
            }
        }
    }
}
