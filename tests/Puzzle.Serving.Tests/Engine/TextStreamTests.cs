using System.Text;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Tests.Engine;

public class TextStreamTests
{
    /// <summary>Any cut of any bytes into tokens gives what reading character by character gives, and pieces once given out stay.</summary>
    [Fact]
    public void WhereTokensBeginMakesNoDifference()
    {
        var random = new Random(5);
        string[] letters = ["a", "b", "ab", "é", "🙂", "\n"];
        string Draw(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]));
        for (var trial = 0; trial < 2000; trial++)
        {
            var text = Draw(random.Next(1, 20));
            string[] stops = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Draw(random.Next(1, 4)))];
            var bytes = Encoding.UTF8.GetBytes(text);
            var pieces = new List<byte[]> { Encoding.UTF8.GetBytes("x"), Encoding.UTF8.GetBytes("é") };
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(random.Next(1, 6), bytes.Length - at);
                pieces.Add(bytes[at..(at + count)]);
                at += count;
            }

            var stream = new TextStream(new PieceTokenizer(pieces), [.. Enumerable.Range(0, random.Next(3))], stops);
            var given = string.Concat(Enumerable.Range(2, pieces.Count - 2).Select(stream.Add)) + stream.Finish();
            var (expected, stop) = ByCharacters(text, stops);
            Assert.Equal(expected, given);
            Assert.Equal(expected, stream.Text);
            Assert.Equal(stop, stream.Stopped);
        }
    }

    [Fact]
    public void TextIsHeldBackOnlyWhileItMayBecomeAStop()
    {
        string[] tokens = ["Tom", " ha", "d", ".", "\n", "x", "\n\n", "y"];
        var stream = new TextStream(new PieceTokenizer([.. tokens.Select(Encoding.UTF8.GetBytes)]), [], ["had a", "\n\n"]);
        Assert.Equal(["Tom", " ", "", "had.", "", "\nx", "", ""], Enumerable.Range(0, 8).Select(stream.Add));
        Assert.Equal("\n\n", stream.Stopped);
        Assert.Equal("Tom had.\nx", stream.Text + stream.Finish());
    }

    [Fact]
    public void AnUnfinishedCharacterIsGivenOutAtTheEnd()
    {
        var stream = new TextStream(new PieceTokenizer([[(byte)'a', 0xF0], [0x9F]]), [], []);
        Assert.Equal("", stream.Add(0));
        Assert.Equal("", stream.Add(1));
        Assert.StartsWith("a\uFFFD", stream.Finish());
    }

    /// <summary>Byte-level BPE and SentencePiece with bytes: the pieces add up to the text.</summary>
    [Theory]
    [InlineData("tinystories-656K")]
    [InlineData("stories260K", "stories260K-f32-ggufv3.gguf")]
    public void PiecesOfRealTokenizersAddUp(params string[] model)
    {
        var tokenizer = Tokenizers.Load(Shared.Path(["models", .. model]));
        const string prompt = "Once upon a time";
        foreach (var text in new[] { ", there was a cat. 猫 🙂🙂 ünïcode\n\n  two spaces", "!", " A b  c" })
        {
            var before = tokenizer.Encode(prompt, addSpecial: true);
            var all = tokenizer.Encode(prompt + text, addSpecial: true);
            var common = before.Zip(all).TakeWhile(pair => pair.First == pair.Second).Count();
            var stream = new TextStream(tokenizer, all[..common], []);
            var given = string.Concat(all.Skip(common).Select(stream.Add)) + stream.Finish();
            Assert.Equal(tokenizer.Decode(all, skipSpecial: true)[tokenizer.Decode(all.AsSpan(0, common), skipSpecial: true).Length..], given);
        }
    }

    // The first place where some stop is complete; of several there, the longest.
    private static (string Text, string? Stop) ByCharacters(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            if (stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length) is { } found)
                return (text[..(end - found.Length)], found);
        }

        return (text, null);
    }
}
