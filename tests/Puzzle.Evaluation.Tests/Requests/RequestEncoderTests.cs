using System.Text;
using CsCheck;
using Puzzle.Evaluation.Requests;

namespace Puzzle.Evaluation.Tests.Requests;

public class RequestEncoderTests
{
    private const int MaxLength = 16;

    private readonly RequestEncoder _encoder = new(new ByteTokenizer(), MaxLength);

    [Fact]
    public void SpacesAtTheEndOfAContextBelongToTheContinuation()
    {
        var (context, continuation) = _encoder.EncodePair("ab ", "c");
        Assert.Equal("ab"u8.ToArray().Select(value => (int)value), context);
        Assert.Equal(" c"u8.ToArray().Select(value => (int)value), continuation);
    }

    [Fact]
    public void AnEmptyContextIsTheBosToken()
    {
        var (context, continuation) = _encoder.EncodePair("", "c");
        Assert.Equal([256], context);
        Assert.Equal(['c'], continuation);
    }

    [Fact]
    public void ATokenizerThatAddsBosAddsItOnce()
    {
        var encoder = new RequestEncoder(new ByteTokenizer(addsBos: true), MaxLength);
        Assert.Equal([256, 'a'], encoder.EncodePair("a", "b").Context);
        Assert.Equal([256], encoder.EncodePair("", "b").Context);
        Assert.Equal("<s>a".Select(value => (int)value), encoder.EncodePair("<s>a", "b").Context);
    }

    [Fact]
    public void LongContextsLoseTheirStart()
    {
        var (context, continuation) = _encoder.EncodePair(new string('a', 30) + "xyz", "1234");
        Assert.Equal(4, continuation.Length);
        Assert.Equal(MaxLength + 1, context.Length + continuation.Length);
        Assert.Equal("xyz", new ByteTokenizer().Decode(context.AsSpan()[^3..]));
    }

    [Fact]
    public void WindowsScoreEveryTokenOnceAfterAsMuchContextAsFits() =>
        Gen.Int[1, 100].Sample(length =>
        {
            var ids = Enumerable.Range(0, length).Select(i => (char)('!' + (i % 90))).ToArray();
            var windows = _encoder.EncodeRolling(new string(ids));
            Assert.Equal(ids.Select(id => (int)id), windows.SelectMany(window => window.Continuation));
            Assert.Equal([256], windows[0].Context);
            var scored = 0;
            foreach (var (context, continuation) in windows)
            {
                var total = context.Length + continuation.Length;
                Assert.True(total <= MaxLength + 1);
                if (scored > 0)
                {
                    Assert.Equal(MaxLength + 1, total);
                    Assert.Equal(ids[(scored - context.Length)..scored].Select(id => (int)id), context);
                }

                scored += continuation.Length;
            }
        });

    [Fact]
    public void PairsNeverExceedTheModelsLength() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[1, 40]).Sample((before, after) =>
        {
            var (context, continuation) = _encoder.EncodePair(new string('a', before), new string('b', after));
            Assert.True(context.Length >= 1 && context.Length + continuation.Length <= MaxLength + 1);
            Assert.Equal(Math.Min(after, MaxLength), continuation.Length);
        });
}
