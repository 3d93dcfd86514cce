using System.Text;

namespace Puzzle.Core.Stories;

// A training document without a story: words in random order, told again and again. The fastest way to learn to copy from the
// context, and the place where the names and objects of all three pools are met as words that can be answers.
internal static class WordList
{
    private const int Words = 116;

    public static Story Tell(StoryRandom random)
    {
        var list = new string[random.Between(8, 50)];
        for (var i = 0; i < list.Length; i++)
        {
            list[i] = random.Pick(StoryWords.Core);
        }

        var text = new StringBuilder("Today");
        var known = 0;
        for (var i = 0; i < Words; i++)
        {
            known = i == list.Length ? text.Length : known;
            _ = text.Append(' ').Append(list[i % list.Length]);
        }

        var all = text.ToString();
        return new Story(all, all, [], [(known, all.Length - known)], "list");
    }
}
