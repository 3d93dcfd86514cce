using System.Text;

namespace Puzzle.Core.Stories;

// A story while it is being told: its sentences, its form, and the questions that it can answer.
internal sealed class StoryDraft(StoryRandom random, StoryPool pool, StoryOptions options)
{
    private readonly StringBuilder _body = new(512);
    private readonly StringBuilder _form = new(64);
    private readonly List<string> _roles = new(12);

    public StoryRandom Random { get; } = random;

    public StoryPool Pool { get; } = pool;

    public StoryOptions Options { get; } = options;

    public List<StoryLine> Lines { get; } = new(64);

    public int Sentences { get; private set; }

    public string Body => _body.ToString();

    public string Form => _form.ToString();

    public static string A(string noun) => "aeiouAEIOU".Contains(noun[0], StringComparison.Ordinal) ? $"an {noun}" : $"a {noun}";

    /// <summary>Adds a sentence to the body and, where it changes the world, its kind and roles to the form.</summary>
    public void Say(string sentence, string form)
    {
        // "Today" in front, so that every name follows a space and is the same token wherever it stands.
        if (_body.Length == 0 && sentence.StartsWith("The ", StringComparison.Ordinal))
        {
            sentence = "the" + sentence[3..];
        }

        _body.Append(_body.Length > 0 ? " " : "Today ").Append(sentence);
        _form.Append(form);
        Sentences++;
    }

    /// <summary>The letter of a person, thing or place in the form: A for whoever appears first, and so on.</summary>
    public char Role(string word)
    {
        var index = _roles.IndexOf(word);
        if (index < 0)
        {
            index = _roles.Count;
            _roles.Add(word);
        }

        return (char)('A' + index);
    }

    /// <summary>A sentence that has nothing to do with any question.</summary>
    public void SayScenery() => Say(StoryScenery.Sentence(Random), "");

    /// <summary>Offers a question; the right choice, then wrong ones of which at most three different ones are kept.</summary>
    public void Ask(StoryTask task, int steps, string prompt, string right, IEnumerable<string> wrong, string ending = ".")
    {
        List<string> others = new(8);
        foreach (var choice in wrong)
        {
            if (choice != right && !others.Contains(choice))
            {
                others.Add(choice);
            }
        }

        if (others.Count == 0)
        {
            return;
        }

        var picked = others.ToArray();
        Random.Shuffle<string>(picked);
        Lines.Add(new StoryLine(task, steps, prompt, [right, .. picked.AsSpan(0, Math.Min(3, picked.Length))], ending));
    }
}
