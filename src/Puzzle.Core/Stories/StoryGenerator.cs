using System.Text;

namespace Puzzle.Core.Stories;

/// <summary>
/// Short plain-English stories with questions that follow from them; story n depends on the seed, the split and the options alone,
/// so that any part can be made again on any machine. Thread-safe.
/// </summary>
public sealed class StoryGenerator
{
    private const ulong FormsPerRound = 10;
    private const int PatienceForQuestions = 20;

    private readonly ulong _seed;
    private readonly StorySplit _split;
    private readonly StoryOptions _options;
    private readonly int[] _deck;

    /// <exception cref="ArgumentException">The options contradict themselves; the message lists every problem.</exception>
    public StoryGenerator(ulong seed, StorySplit split, StoryOptions? options = null)
    {
        _options = options ?? new StoryOptions();
        if (_options.Validate() is { Count: > 0 } problems)
        {
            throw new ArgumentException("Story options: " + string.Join("; ", problems), nameof(options));
        }

        _split = split;
        _seed = StoryRandom.Mix(seed + (0x9E3779B97F4A7C15UL * (ulong)(split + 1)));
        _deck = [.. Enumerable.Range(0, CountStory.DeckSize)];
        new StoryRandom(_seed).Shuffle<int>(_deck);
    }

    /// <summary>The split that a story form belongs to: one form in ten each for validation and for test, the rest for training.</summary>
    public static StorySplit SplitOf(string form)
    {
        // FNV-1a; string.GetHashCode differs from run to run.
        var hash = 0xCBF29CE484222325UL;
        foreach (var letter in form)
        {
            hash = (hash ^ letter) * 0x100000001B3UL;
        }

        return (StoryRandom.Mix(hash) % FormsPerRound) switch
        {
            8 => StorySplit.Validation,
            9 => StorySplit.Test,
            _ => StorySplit.Train,
        };
    }

    /// <summary>All stories from the first on; endless.</summary>
    public IEnumerable<Story> Stories()
    {
        for (long index = 0; ; index++)
        {
            yield return At(index);
        }
    }

    /// <summary>Story number <paramref name="index"/>, from 0.</summary>
    public Story At(long index)
    {
        var random = new StoryRandom(StoryRandom.Mix(_seed ^ StoryRandom.Mix((ulong)index + 1)));
        if (_split == StorySplit.Train && random.Chance(_options.ListShare))
        {
            return WordList.Tell(random);
        }

        if (_split == StorySplit.Train && random.Chance(_options.DrillShare))
        {
            return SumDrill.Tell(random);
        }

        var retell = _split == StorySplit.Train && random.Chance(_options.RetellShare);
        if (_split == StorySplit.Train && random.Chance(_options.MentionShare))
        {
            var mention = MentionStory.Tell(random, _options);
            return retell ? Retell(mention) : mention;
        }

        var facts = _split == StorySplit.Train && random.Chance(_options.FactShare);
        var counts = random.Chance(_options.CountShare);
        for (var tries = 0; ;)
        {
            var draft = new StoryDraft(random, StoryWords.Pool(_split), _options);
            if (facts)
            {
                FactStory.Tell(draft);
            }
            else if (counts)
            {
                CountStory.Tell(draft, _deck[(int)(index % _deck.Length)]);
            }
            else
            {
                ThingStory.Tell(draft);
            }

            if (SplitOf(draft.Form) == _split && Finish(draft, tries++ < PatienceForQuestions ? _options.MinQuestions : 1) is { } story)
            {
                return retell ? Retell(story) : story;
            }
        }
    }

    /// <summary>Questions of one task, at most one of each story, in story order; endless. For a benchmark of that task.</summary>
    public IEnumerable<Question> Questions(StoryTask task) =>
        Stories().Select(story => story.Questions.FirstOrDefault(q => q.Task == task)).OfType<Question>();

    // One question of each task and, of counting and possession, which take most learning, a second one; and so on in turn.
    private Story? Finish(StoryDraft draft, int fewest)
    {
        var random = draft.Random;
        var wanted = _options.MaxQuestions;
        var tasks = Enum.GetValues<StoryTask>();
        random.Shuffle<StoryTask>(tasks);
        tasks = [.. tasks, StoryTask.Counting, StoryTask.Possession];
        List<StoryLine> chosen = new(wanted);
        for (var before = -1; before < chosen.Count && chosen.Count < wanted;)
        {
            before = chosen.Count;
            foreach (var task in tasks)
            {
                if (chosen.Count < wanted && Draw(draft, task) is { } line)
                {
                    chosen.Add(line);
                }
            }
        }

        return chosen.Count < fewest ? null : Compose(draft, [.. chosen]);
    }

    // The story twice and no question: everything in the second telling follows from the first.
    private static Story Retell(Story story) => story with
    {
        Text = $"{story.Body}\n{story.Body}",
        Questions = [],
        Answers = [(story.Body.Length + 1, story.Body.Length)],
    };

    private static Story Compose(StoryDraft draft, StoryLine[] lines)
    {
        var random = draft.Random;
        var body = draft.Body;
        var text = new StringBuilder(body, 1024);
        random.Shuffle<StoryLine>(lines);
        var questions = new Question[lines.Length];
        var answers = new (int, int)[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            var right = line.Choices[0];
            _ = text.Append('\n').Append(line.Prompt);
            answers[i] = (text.Length, right.Length + 1);
            _ = text.Append(' ').Append(right).Append(line.Ending);
            random.Shuffle<string>(line.Choices);
            questions[i] = new Question($"{body}\n{line.Prompt}", [.. line.Choices.Select(c => " " + c)], Array.IndexOf(line.Choices, right), line.Task, line.Steps);
        }

        return new Story(body, text.ToString(), questions, answers, draft.Form);
    }

    private StoryLine? Draw(StoryDraft draft, StoryTask task)
    {
        var weights = _options.StepWeights;
        Span<int> offered = stackalloc int[weights.Count];
        foreach (var line in draft.Lines)
        {
            if (line.Task == task && line.Steps <= weights.Count)
            {
                offered[line.Steps - 1]++;
            }
        }

        var total = 0.0;
        for (var i = 0; i < weights.Count; i++)
        {
            total += offered[i] > 0 ? weights[i] : 0;
        }

        var left = draft.Random.Unit() * total;
        for (var i = 0; i < weights.Count; i++)
        {
            left -= offered[i] > 0 ? weights[i] : 0;
            if (left < 0)
            {
                return Take(draft, task, i + 1, draft.Random.Below(offered[i]));
            }
        }

        return null;
    }

    private static StoryLine Take(StoryDraft draft, StoryTask task, int steps, int skip)
    {
        var index = draft.Lines.FindIndex(line => line.Task == task && line.Steps == steps && skip-- == 0);
        var taken = draft.Lines[index];
        draft.Lines.RemoveAt(index);
        return taken;
    }
}
