using System.Diagnostics;
using System.Text;
using CsCheck;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Tests.Recipes;

/// <summary>Recipes that are broken or meant to harm: each is one clear error, and none costs more than its own length.</summary>
public sealed class HostileRecipeTests : IDisposable
{
    private const string Good = """
        parent: /models/x
        data:
          sources: [{path: a.txt, weight: 2}, b.txt]
          sequence_length: 256
        variants: {attention: [gqa_4, linear, no_op], ffn: [75%, no_op]}
        distill: {tokens: 1M, learning_rate: 1e-3}
        target:
          scenarios:
            - name: chat
              limits: {speedup: 1.5x, max_params: 70%}
        heal:
          tokens: 2M
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void ReadsOrRefuses(string yaml)
    {
        try
        {
            RecipeReader.Parse<Recipe>(yaml, "r.yaml", "/");
        }
        catch (RecipeException e)
        {
            Assert.False(string.IsNullOrWhiteSpace(e.Message));
            Assert.True(e.Message.Length < 20_000, "a message that nobody reads");
        }
    }

    [Fact]
    public void AnyRecipeWithAnythingInAnyPlaceReadsOrIsRefused() => Gen.Select(Gen.Int[0, Good.Length], Gen.Int[0, 12], Words).Sample((at, cut, word) =>
        ReadsOrRefuses(Good[..at] + word + Good[Math.Min(Good.Length, at + cut)..]), iter: 3000);

    [Fact]
    public void RandomBytesReadOrAreRefused() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var path = Path.Combine(_folder, $"{Environment.CurrentManagedThreadId}.yaml");
        File.WriteAllBytes(path, bytes);
        Assert.Throws<RecipeException>(() => RecipeReader.Read<Recipe>(path));
    }, iter: 500);

    private static Gen<string> Words => Gen.Int[0, s_words.Length - 1].Select(i => s_words[i]);

    private static readonly string[] s_words =
    [
        "[", "]", "{", "}", ":", "- ", "? ", "&a ", "*a", "!!int ", "|", ">", "'", "\"", "%", "@", "`", "#", "\t", "\n", "\r", "\0", "\u0085", "\u2028", "\ud800", "\uffff",
        "null", "~", ".nan", "-.inf", "1e400", "0x7fffffffffffffff", "-1", "99999999999999999999", "0o17", "1_0_0", "true", "<<: ", "---\n", "...\n", "%YAML 9.9\n", "{}", "[]", "''",
        "seed: -5\n", "gqa_0", "no-op", "distill: []\n", "scenarios: 3\n", "𝟙𝟚", new string('a', 5000), new string('[', 3000), new string(' ', 4000) + "x: 1\n",
    ];

    [Theory]
    [InlineData("deep lists")]
    [InlineData("deep sections")]
    [InlineData("deep indent")]
    [InlineData("many keys")]
    [InlineData("a long key")]
    [InlineData("a long number")]
    [InlineData("many aliases")]
    [InlineData("many colons")]
    [InlineData("an endless quote")]
    [InlineData("many items")]
    public void CostlyRecipesAreRefusedAtOnce(string kind)
    {
        var yaml = kind switch
        {
            "deep lists" => "parent: " + new string('[', 200_000),
            "deep sections" => "parent: " + string.Concat(Enumerable.Repeat("{a: ", 100_000)),
            "deep indent" => string.Concat(Enumerable.Range(0, 900).Select(i => new string(' ', i) + "a:\n")),
            "many keys" => string.Concat(Enumerable.Range(0, 60_000).Select(i => $"key{i}: 1\n")),
            "a long key" => new string('k', 500_000) + ": 1",
            "a long number" => "parent: x\nseed: " + new string('9', 500_000),
            "many aliases" => "a: &a [x]\nb: [" + string.Concat(Enumerable.Repeat("*a, ", 100_000)) + "]",
            "many colons" => "parent: x\nseed: " + string.Concat(Enumerable.Repeat("a:", 200_000)),
            "an endless quote" => "parent: \"" + new string('x', 900_000),
            _ => "parent: x\ntarget: {scenarios: [" + string.Concat(Enumerable.Repeat("{},", 100_000)) + "]}",
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        Assert.Throws<RecipeException>(() => RecipeReader.Parse<Recipe>(yaml, "r.yaml", "/"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"took {clock.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1L << 30, "allocated too much");
    }

    [Fact]
    public void FilesThatAreNoRecipesAreRefused()
    {
        string Path_(string name, byte[] bytes)
        {
            var path = Path.Combine(_folder, name);
            File.WriteAllBytes(path, bytes);
            return path;
        }

        string Message(string path) => Assert.Throws<RecipeException>(() => RecipeReader.Read<Recipe>(path)).Message;
        Assert.Contains("too large", Message(Path_("large.yaml", new byte[(1 << 20) + 1])), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Message(Path_("latin.yaml", [.. "parent: caf"u8, 0xE9, (byte)'\n'])), StringComparison.Ordinal);
        Assert.Contains("NUL", Message(Path_("utf16.yaml", Encoding.Unicode.GetBytes("parent: x"))), StringComparison.Ordinal);
        Assert.Contains("missing key 'parent'", Message(Path_("empty.yaml", [])), StringComparison.Ordinal);
        Assert.Contains("is a folder", Message(_folder), StringComparison.Ordinal);
        Assert.Contains("no such file", Message(Path.Combine(_folder, "none.yaml")), StringComparison.Ordinal);
        Assert.Equal("x", RecipeReader.Read<Recipe>(Path_("bom.yaml", [0xEF, 0xBB, 0xBF, .. "parent: x"u8])).Parent);
    }
}
