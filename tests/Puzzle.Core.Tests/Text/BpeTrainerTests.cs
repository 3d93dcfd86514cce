using CsCheck;
using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

public class BpeTrainerTests
{
    private static readonly string[] Corpus =
    [
        "Once upon a time Anna gave Ben 12 red apples.", "Ben gave Anna 3 red apples.", "Anna has the apples now. Anna's apples are red.",
    ];

    [Fact]
    public void Frequent_words_become_one_token()
    {
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(Corpus, 300, ["<|end|>"]));
        Assert.Single(tokenizer.Encode(" apples"));
        Assert.Single(tokenizer.Encode(" Anna"));
        Assert.True(tokenizer.VocabSize <= 300);
        Assert.Equal([0], tokenizer.Encode("<|end|>"));
    }

    [Fact]
    public void The_first_merge_is_the_most_frequent_pair()
    {
        // a a stands there 4 times; then aa a and a b twice each, and the older tokens win.
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(["aaab", "aaab"], 258, []));
        Assert.Equal(["aa", "ab"], [tokenizer.TokenText(256), tokenizer.TokenText(257)]);
    }

    [Fact]
    public void Digits_stay_single()
    {
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(Enumerable.Repeat("12 12 12 ab ab ab", 50), 1024, []));
        Assert.Equal(["1", "2"], tokenizer.Encode("12").Select(tokenizer.TokenText));
    }

    [Fact]
    public void The_same_corpus_gives_the_same_file_in_any_order() =>
        Assert.Equal(BpeTrainer.Train(Corpus, 320, ["<s>"], "<s>"), BpeTrainer.Train(Corpus.Reverse(), 320, ["<s>"], "<s>"));

    [Fact]
    public void The_named_token_is_put_in_front()
    {
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(Corpus, 320, ["<end>", "<begin>"], "<begin>"), new TokenizerSettings("<begin>", "<end>"));
        Assert.Equal(1, tokenizer.Encode("Anna", addSpecial: true)[0]);
        Assert.Equal((1, 0, true), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(Corpus, 400, ["<|end|>"]));
        Gen.String.Sample(text =>
        {
            // Lone surrogates count as U+FFFD.
            var expected = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
            Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text)));
        });
    }

    [Fact]
    public void Sizes_below_the_bytes_are_refused() => Assert.Throws<ArgumentException>(() => BpeTrainer.Train(Corpus, 256, ["<s>"]));
}
