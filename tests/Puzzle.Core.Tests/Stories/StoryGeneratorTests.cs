using System.Text.RegularExpressions;
using Puzzle.Core.Stories;

namespace Puzzle.Core.Tests.Stories;

public sealed partial class StoryGeneratorTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(StorySplit.Train)]
    [InlineData(StorySplit.Validation)]
    [InlineData(StorySplit.Test)]
    public void EveryGoldAnswerIsWhatAnIndependentReaderOfTheTextSays(StorySplit split)
    {
        var questions = new StoryGenerator(7, split).Stories().Take(2_000).SelectMany(s => s.Questions);
        Assert.All(questions, question =>
        {
            Assert.InRange(question.Choices.Count, 2, 4);
            Assert.Distinct(question.Choices);
            Assert.All(question.Choices, choice => Assert.StartsWith(" ", choice, StringComparison.Ordinal));
            var answer = StoryReader.Answer(question.Context);
            var gold = question.Choices[question.Gold][1..];
            Assert.True(SameAnswer(answer, gold), $"{question.Context}\ngold {gold}, reader {answer}");
        });
    }

    [Fact]
    public void TheExampleInTheDocumentationIsAnsweredAsTheReaderAnswersIt()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Puzzle.slnx")))
        {
            root = root.Parent ?? throw new DirectoryNotFoundException("no Puzzle.slnx above the tests");
        }

        var page = File.ReadAllText(Path.Combine(root.FullName, "docs", "quickstart-parent.md"));
        var lines = page.Split("```")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.All(lines[1..], line =>
        {
            var cut = line.LastIndexOf(' ');
            var (question, answer) = (line[..cut], line[(cut + 1)..].TrimEnd('.'));
            Assert.Equal(answer, StoryReader.Answer($"{lines[0]}\n{question}"));
        });
    }

    [Fact]
    public void TheSameSeedTellsTheSameStoriesAndAnotherSeedOthers()
    {
        var first = new StoryGenerator(1, StorySplit.Train).Stories().Take(50).Select(s => s.Text).ToList();
        Assert.Equal(first, new StoryGenerator(1, StorySplit.Train).Stories().Take(50).Select(s => s.Text));
        Assert.Equal(first[17], new StoryGenerator(1, StorySplit.Train).At(17).Text);
        Assert.Empty(first.Intersect(new StoryGenerator(2, StorySplit.Train).Stories().Take(50).Select(s => s.Text)));
    }

    [Fact]
    public void SplitsShareNoNameNoObjectAndNoStoryFormWhereQuestionsAreAsked()
    {
        var asked = Enum.GetValues<StorySplit>().Select(split => new StoryGenerator(3, split).Stories().Take(3_000).Where(s => s.Questions.Count > 0).ToList()).ToArray();
        foreach (var split in Enum.GetValues<StorySplit>())
        {
            var forms = asked[(int)split].Select(s => s.Form).ToHashSet();
            Assert.All(forms, form => Assert.Equal(split, StoryGenerator.SplitOf(form)));
            var words = asked[(int)split].SelectMany(s => Words(s.Text)).ToHashSet();
            foreach (var other in Enum.GetValues<StorySplit>().Where(o => o != split))
            {
                Assert.Empty(words.Intersect(Owned(other)));
                Assert.Empty(forms.Intersect(asked[(int)other].Select(s => s.Form)));
            }
        }
    }

    [Fact]
    public void EveryWordOfTheHeldOutStoriesOccursInTrainingText()
    {
        var trained = Counted(new StoryGenerator(3, StorySplit.Train).Stories().Take(40_000));
        var asked = Counted(new[] { StorySplit.Validation, StorySplit.Test }.SelectMany(split => new StoryGenerator(3, split).Stories().Take(5_000)));
        output.WriteLine($"{trained.Count} words in training, rarest: {string.Join(", ", trained.OrderBy(w => w.Value).Take(10).Select(w => $"{w.Key} {w.Value}"))}");
        Assert.All(asked.Keys, word => Assert.True(trained.GetValueOrDefault(word) >= 5, $"'{word}' occurs {trained.GetValueOrDefault(word)} times in training"));
        Assert.InRange(trained.Count, 900, 1_100);
        Assert.All(Owned(StorySplit.Validation).Concat(Owned(StorySplit.Test)), word => Assert.True(trained.GetValueOrDefault(word) >= 100, word));
    }

    [Fact]
    public void EveryPairOfNumbersUpToTwentyIsAddedAndSubtractedInTraining()
    {
        HashSet<(int, int, char)> seen = [];
        foreach (var story in new StoryGenerator(3, StorySplit.Train).Stories().Take(40_000))
        {
            var amounts = Amount().Matches(story.Body).Select(m => (Verb: m.Groups[2].Value, Who: m.Groups[1].Value, Number: StoryWords.Numbers.ToList().IndexOf(m.Groups[3].Value))).ToList();
            foreach (var start in amounts.Where(a => a.Verb == "had"))
            {
                var change = amounts.FirstOrDefault(a => a.Who == start.Who && a.Verb != "had");
                if (change.Who is not null && story.Questions.Any(q => q.Task == StoryTask.Counting && q.Context.EndsWith($"At last {start.Who} had", StringComparison.Ordinal)))
                {
                    _ = seen.Add((start.Number, change.Number, change.Verb is "lost" or "sold" or "gave" ? '-' : '+'));
                }
            }
        }

        var missing = (from a in Enumerable.Range(0, 21) from b in Enumerable.Range(1, 20) from sign in "+-" where sign == '+' ? a + b <= 20 : a >= b where !seen.Contains((a, b, sign)) select $"{a}{sign}{b}").ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void ShallowCuesDoNotAnswerTheQuestions()
    {
        var generator = new StoryGenerator(5, StorySplit.Test);
        foreach (var task in Enum.GetValues<StoryTask>())
        {
            var questions = generator.Questions(task).Take(1_000).ToList();
            var chance = questions.Average(q => 1.0 / q.Choices.Count);
            var last = questions.Average(q => Best(q, c => Body(q).LastIndexOf(c, StringComparison.Ordinal)));
            var first = questions.Average(q => Best(q, c => -Body(q).IndexOf(c, StringComparison.Ordinal)));
            var most = questions.Average(q => Best(q, c => Regex.Count(Body(q), Regex.Escape(c) + "\\b")));
            var steps = string.Join(' ', Enumerable.Range(1, 6).Select(s => $"{questions.Count(q => q.Steps == s) / 10.0}%"));
            output.WriteLine($"{task}: chance {chance:P1}, last mention {last:P1}, first mention {first:P1}, most frequent {most:P1}, steps {steps}");
            Assert.InRange(chance, 0.2, 0.5);
            Assert.All(new[] { last, first, most }, cue => Assert.InRange(cue, 0, chance + 0.2));
            Assert.All(Enumerable.Range(0, 2), g => Assert.InRange(questions.Count(q => q.Gold == g), 200, 600));
        }

        static string Body(Question q) => q.Context[..q.Context.IndexOf('\n', StringComparison.Ordinal)];

        static double Best(Question q, Func<string, int> score)
        {
            var scores = q.Choices.Select(score).ToList();
            var top = scores.Max();
            return scores[q.Gold] == top ? 1.0 / scores.Count(s => s == top) : 0;
        }
    }

    [Fact]
    public void DocumentsAreShortAndCarrySeveralQuestions()
    {
        var stories = new StoryGenerator(5, StorySplit.Train).Stories().Take(5_000).ToList();
        var pieces = stories.Average(s => Piece().Count(s.Text));
        output.WriteLine($"{pieces:F1} words, marks and line breaks a document, {stories.Average(s => s.Questions.Count):F2} questions");
        output.WriteLine(string.Join("\n\n", stories.Take(12).Select(s => s.Text)));
        Assert.InRange(pieces, 60, 120);
        Assert.All(stories, s => Assert.DoesNotContain("\n\n", s.Text, StringComparison.Ordinal));
        Assert.All(stories.Where(s => s.Form != "mention"), s => Assert.InRange(s.Questions.Count, 5, 7));
    }

    [Fact]
    public void ContradictingOptionsAreRefusedWithEveryProblemNamed()
    {
        var options = new StoryOptions { MinSentences = 9, MaxSentences = 6, CountShare = 2, StepWeights = [] };
        var error = Assert.Throws<ArgumentException>(() => new StoryGenerator(1, StorySplit.Test, options));
        Assert.Contains("9 to 6", error.Message, StringComparison.Ordinal);
        Assert.Contains("count share", error.Message, StringComparison.Ordinal);
        Assert.Contains("step weights", error.Message, StringComparison.Ordinal);
    }

    private static bool SameAnswer(string reader, string gold) =>
        reader == gold || (reader, gold) is ("is", "was") or ("are", "were");

    private static IEnumerable<string> Owned(StorySplit split)
    {
        var pool = StoryWords.Pool(split);
        return [.. pool.Women, .. pool.Men, .. pool.Things, .. pool.Goods.Select(g => g.One), .. pool.Goods.Select(g => g.Many)];
    }

    private static IEnumerable<string> Words(string text) => Word().Matches(text).Select(m => m.Value);

    private static Dictionary<string, int> Counted(IEnumerable<Story> stories) =>
        stories.SelectMany(s => Words(s.Text)).GroupBy(w => w).ToDictionary(g => g.Key, g => g.Count());

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();

    [GeneratedRegex("[A-Za-z]+|[.,?\n]")]
    private static partial Regex Piece();

    [GeneratedRegex(@"([A-Z][a-z]+) (had|found|bought|got|lost|sold|gave|took)(?: [A-Z][a-z]+)? ([a-z]+) (?!more |fewer )")]
    private static partial Regex Amount();
}
