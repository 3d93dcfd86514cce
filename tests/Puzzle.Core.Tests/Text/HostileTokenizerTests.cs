using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

/// <summary>Malformed and malicious tokenizer files: one clear error, or a tokenizer, never a crash or a large allocation.</summary>
public class HostileTokenizerTests
{
    private static string Folder => Shared.Path("golden", "hostile", "tokenizer");

    [Fact]
    public void Every_file_does_what_its_manifest_says()
    {
        var wrong = new List<string>();
        var count = 0;
        foreach (var entry in Manifest("tokenizer/"))
        {
            count++;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var outcome = Outcome(entry.File);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var expected = entry.Expect.Split(',')[0].Split(" or ");
            if (!expected.Contains(outcome.Split(' ')[0]) || allocated > 256L << 20)
                wrong.Add($"{entry.File} ({entry.Wrong}): {outcome}, {allocated:N0} bytes; expected {entry.Expect}");
        }

        Assert.True(count > 25);
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("regex-catastrophic.json")]
    [InlineData("regex-empty-match.json")]
    public void Costly_expressions_still_give_every_letter(string file)
    {
        var tokenizer = HuggingFaceTokenizer.Parse(File.ReadAllText(Path.Combine(Folder, file)));
        Assert.Equal(Enumerable.Repeat(0, 5000).Append(1), tokenizer.Encode(new string('a', 5000) + "!b"));
    }

    private static string Outcome(string file)
    {
        var path = Path.Combine(Folder, Path.GetFileName(file));
        try
        {
            ITokenizer tokenizer = file.EndsWith(".model", StringComparison.Ordinal)
                ? Tokenizers.Load(path)
                : HuggingFaceTokenizer.Parse(File.ReadAllText(path), name: file);
            tokenizer.Encode("abab a\nb <s>!", addSpecial: true);
            tokenizer.Decode([0, 1, 2, 3, int.MaxValue, -1]);
            return "ok";
        }
        catch (BadInputException e)
        {
            Assert.False(string.IsNullOrWhiteSpace(e.Message));
            return "error " + e.Message;
        }
    }

    private static IEnumerable<(string File, string Wrong, string Expect)> Manifest(string prefix)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Shared.Path("golden", "hostile", "manifest.json")));
        foreach (var entry in manifest.RootElement.EnumerateArray())
        {
            if (entry.GetProperty("file").GetString()!.StartsWith(prefix, StringComparison.Ordinal))
                yield return (entry.Text("file"), entry.Text("wrong"), entry.Text("expect"));
        }
    }
}
