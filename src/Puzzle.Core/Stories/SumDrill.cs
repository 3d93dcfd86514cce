using System.Text;

namespace Puzzle.Core.Stories;

// A training document without a story: sums and differences up to twenty, one after the other.
internal static class SumDrill
{
    private const int Sums = 17;

    public static Story Tell(StoryRandom random)
    {
        var text = new StringBuilder("Today");
        var answers = new (int, int)[Sums];
        for (var i = 0; i < Sums; i++)
        {
            var (start, change) = random.Pick(CountStory.Deck);
            _ = text.Append($" {StoryWords.Numbers[start]} {(change < 0 ? "less" : "and")} {StoryWords.Numbers[Math.Abs(change)]} make");
            var sum = " " + StoryWords.Numbers[start + change];
            answers[i] = (text.Length, sum.Length);
            _ = text.Append(sum).Append('.');
        }

        return new Story(text.ToString(), text.ToString(), [], answers, "drill");
    }
}
