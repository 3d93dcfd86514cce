using System.Text;

namespace Puzzle.Core.Stories;

/// <summary>
/// Short plain-English stories with questions that follow from them; story n depends on the seed, the split and the options alone,
/// so that any part can be made again on any machine. Thread-safe.
/// </summary>
public sealed class StoryGenerator
{
    private const ulong FormsPerRound = 10;

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
        if (_split == StorySplit.Train && random.Chance(_options.MentionShare))
        {
            return MentionStory.Tell(random, _options);
        }

        var counts = random.Chance(_options.CountShare);
        while (true)
        {
            var draft = new StoryDraft(random, StoryWords.Pool(_split), _options);
            if (counts)
            {
                CountStory.Tell(draft, _deck[(int)(index % _deck.Length)]);
            }
            else
            {
                ThingStory.Tell(draft);
            }

            if (SplitOf(draft.Form) == _split && Finish(draft) is { } story)
            {
                return story;
            }
        }
    }

    /// <summary>Questions of one task, at most one of each story, in story order; endless. For a benchmark of that task.</summary>
    public IEnumerable<Question> Questions(StoryTask task) =>
        Stories().Select(story => story.Questions.FirstOrDefault(q => q.Task == task)).OfType<Question>();

    // Chooses among the questions that the story can answer, by weight of their steps, at most two of a task.
    private Story? Finish(StoryDraft draft)
    {
        var random = draft.Random;
        var wanted = random.Between(_options.MinQuestions, _options.MaxQuestions);
        var tasks = (int[])[0, 1, 2, 3, 4, 0, 1, 2, 3, 4];
        random.Shuffle<int>(tasks.AsSpan(0, 5));
        random.Shuffle<int>(tasks.AsSpan(5));
        List<StoryLine> chosen = new(wanted);
        foreach (var task in tasks)
        {
            if (chosen.Count < wanted && Draw(draft, (StoryTask)task) is { } line)
            {
                chosen.Add(line);
            }
        }

        if (chosen.Count < _options.MinQuestions)
        {
            return null;
        }

        var body = draft.Body;
        var text = new StringBuilder(body, 1024);
        var lines = chosen.ToArray();
        random.Shuffle<StoryLine>(lines);
        var questions = new Question[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            _ = text.Append('\n').Append(line.Prompt).Append(' ').Append(line.Choices[0]).Append(line.Ending);
            var right = line.Choices[0];
            random.Shuffle<string>(line.Choices);
            questions[i] = new Question($"{body}\n{line.Prompt}", [.. line.Choices.Select(c => " " + c)], Array.IndexOf(line.Choices, right), line.Task, line.Steps);
        }

        return new Story(body, text.ToString(), questions, draft.Form);
    }

    private StoryLine? Draw(StoryDraft draft, StoryTask task)
    {
        var total = 0.0;
        foreach (var line in draft.Lines)
        {
            total += Weight(line, task);
        }

        if (total == 0)
        {
            return null;
        }

        var left = draft.Random.Unit() * total;
        for (var i = 0; i < draft.Lines.Count; i++)
        {
            left -= Weight(draft.Lines[i], task);
            if (left < 0)
            {
                var line = draft.Lines[i];
                draft.Lines.RemoveAt(i);
                return line;
            }
        }

        return null;
    }

    private double Weight(StoryLine line, StoryTask task) =>
        line.Task == task && line.Steps <= _options.StepWeights.Count ? _options.StepWeights[line.Steps - 1] : 0;
}
