using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Puzzle.Core.Stories;

namespace Puzzle.Core.Tests.Stories;

// An independent reader: it sees the English text of a question alone, plays the story sentence by sentence with its own state, and
// answers. It shares no code with the generator, and fails on any sentence or question that it does not understand.
internal sealed class StoryReader
{
    private static readonly string[] NumberWords =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    private static readonly ConcurrentDictionary<string, Regex> Expressions = new();

    private readonly Dictionary<string, string> _holder = [];
    private readonly Dictionary<string, List<string>> _owners = [];
    private readonly Dictionary<string, string> _place = [];
    private readonly Dictionary<(string Who, string What), int> _count = [];
    private readonly Dictionary<(string Who, string What), int> _first = [];
    private readonly List<(string Pattern, Action<string[]> Act)> _sentences;
    private readonly List<(string Pattern, Func<string[], string> Answer)> _questions;

    public StoryReader()
    {
        const string N = "([A-Z][a-z]+)";
        const string W = "([a-z]+)";
        var Num = "(" + string.Join('|', NumberWords.OrderByDescending(w => w.Length)) + ")";
        _sentences =
        [
            ($"{N} had {Num} (more|fewer) {W} than {N}", m => Begin(m[1], m[4], _count[(m[5], Key(m[4]))] + (m[3] == "more" ? 1 : -1) * Value(m[2]))),
            ($"{N} had {Num} {W}", m => Begin(m[1], m[3], Value(m[2]))),
            ($"{N} had the {W}", m => Own(m[2], m[1])),
            ($"[Tt]he {W} was with {N}", m => Own(m[1], m[2])),
            ($"{N} found {Num} {W}", m => Add(m[1], m[3], Value(m[2]))),
            ($"{N} lost {Num} {W}", m => Add(m[1], m[3], -Value(m[2]))),
            ($"{N} gave {Num} {W} to {N}", m => Move(m[1], m[4], m[3], Value(m[2]))),
            ($"{N} took {Num} {W} from {N}", m => Move(m[4], m[1], m[3], Value(m[2]))),
            ($"{N} gave all (?:his|her) {W} to {N}", m => MoveAll(m[1], m[3], m[2])),
            ($"{N} was in the {W}", m => Arrive(m[1], m[2])),
            ($"{N} went to the {W}", m => Arrive(m[1], m[2])),
            ($"{N} joined {N}", m => Arrive(m[1], _place[m[2]])),
            ($"{N} gave everything to {N}", m => HandAll(m[1], m[2])),
            ($"{N} took everything from {N}", m => HandAll(m[2], m[1])),
            ($"{N} and {N} swapped everything", m => Swap(m[1], m[2])),
            ($"{N} gave the {W} to {N}", m => Hand(m[1], m[3], m[2])),
            ($"{N} took the {W} from {N}", m => Hand(m[3], m[1], m[2])),
            ($"{N} wanted {Num} {W}", _ => { }),
            ($"{N} wanted the {W}", _ => { }),
            ("[Ii]t was .*", _ => { }),
            ("[Tt]he [a-z]+ (?!near|behind|under|beside).*", _ => { }),
        ];
        _questions =
        [
            ($"At last the {W} was with", m => _holder[m[1]]),
            ($"At last {N} had the", m => Single(_holder.Where(h => h.Value == m[1]).Select(h => h.Key))),
            ($"At last the {W} was in the", m => _place[_holder[m[1]]]),
            ($"At last {N} was in the", m => _place[m[1]]),
            ($"At first the {W} was with", m => _owners[m[1]][0]),
            ($"Before {N} the {W} was with", m => Neighbour(_owners[m[2]], m[1], -1)),
            ($"After {N} the {W} was with", m => Neighbour(_owners[m[2]], m[1], 1)),
            ($"At last {N} had", m => NumberWords[CountOf(_count, m[1])]),
            ($"At first {N} had", m => NumberWords[CountOf(_first, m[1])]),
            ($"Together {N} and {N} had", m => NumberWords[CountOf(_count, m[1]) + CountOf(_count, m[2])]),
            ($"The one with the {W} washed", m => Her(_holder[m[1]])),
            ($"{N} and {N} washed", _ => "their"),
            ($"The friends of {N} washed", _ => "their"),
            ($"{N}, (?:not|the friend of) {N}, washed", m => Her(m[1])),
            ($"{N} and {N}", _ => "have"),
            ($"The friends of {N}", _ => "have"),
            ($"The friend of {N} and {N}", _ => "has"),
            ($"{N}, the friend of {N},", _ => "has"),
            ($"The {W} (?:near|behind|under|beside) the {W}", m => Key(m[1]) == m[1] ? "is" : "are"),
        ];
    }

    /// <summary>The answer by the reader's own rules; for the gender of a name and the number of a noun it looks at the word lists.</summary>
    public static string Answer(string context)
    {
        var reader = new StoryReader();
        var lines = context.Split('\n');
        Assert.Equal(2, lines.Length);
        foreach (var sentence in lines[0]["Today ".Length..].Split(". ").Select(s => s.TrimEnd('.')))
        {
            reader.Run(sentence);
        }

        foreach (var (pattern, answer) in reader._questions)
        {
            if (Expression($"(?:Today )?{pattern}").Match(lines[1]) is { Success: true } match)
            {
                return answer([.. match.Groups.Values.Select(g => g.Value)]);
            }
        }

        throw new InvalidOperationException($"question not understood: {lines[1]}");
    }

    private void Run(string sentence)
    {
        foreach (var (pattern, act) in _sentences)
        {
            if (Expression(pattern).Match(sentence) is { Success: true } match)
            {
                act([.. match.Groups.Values.Select(g => g.Value)]);
                return;
            }
        }

        throw new InvalidOperationException($"sentence not understood: {sentence}");
    }

    private static Regex Expression(string pattern) => Expressions.GetOrAdd(pattern, p => new Regex($"^{p}$"));

    private static int Value(string word) => Array.IndexOf(NumberWords, word);

    private static readonly Dictionary<string, string> Singulars = Enum.GetValues<StorySplit>()
        .SelectMany(split => StoryWords.Pool(split).Goods)
        .ToDictionary(g => g.Many, g => g.One);

    private static readonly HashSet<string> Women = [.. Enum.GetValues<StorySplit>().SelectMany(split => StoryWords.Pool(split).Women)];

    private static string Key(string noun) => Singulars.GetValueOrDefault(noun, noun);

    private static string Her(string name) => Women.Contains(name) ? "her" : "his";

    private static string Single(IEnumerable<string> found) => Assert.Single(found);

    private static string Neighbour(List<string> list, string item, int step)
    {
        Assert.Single(list, item);
        return list[list.IndexOf(item) + step];
    }

    private static int CountOf(Dictionary<(string Who, string What), int> counts, string who) => Assert.Single(counts, count => count.Key.Who == who).Value;

    private void Begin(string who, string what, int count)
    {
        Assert.InRange(count, 0, 20);
        _count[(who, Key(what))] = count;
        _ = _first.TryAdd((who, Key(what)), count);
    }

    private void Add(string who, string what, int by)
    {
        _count[(who, Key(what))] += by;
        Assert.InRange(_count[(who, Key(what))], 0, 20);
    }

    private void Move(string from, string to, string what, int number)
    {
        Add(from, what, -number);
        Add(to, what, number);
    }

    private void MoveAll(string from, string to, string what)
    {
        var number = _count[(from, Key(what))];
        Add(to, what, number);
        _count[(from, Key(what))] = 0;
    }

    private void Own(string what, string who)
    {
        _holder[what] = who;
        (_owners.TryGetValue(what, out var owners) ? owners : _owners[what] = []).Add(who);
    }

    private void Meet(string a, string b)
    {
        if (_place.TryGetValue(a, out var placeOfA) && _place.TryGetValue(b, out var placeOfB))
        {
            Assert.Equal(placeOfA, placeOfB);
        }
    }

    private void Hand(string from, string to, string what)
    {
        Assert.Equal(from, _holder[what]);
        Meet(from, to);
        Own(what, to);
    }

    private void HandAll(string from, string to)
    {
        Meet(from, to);
        var things = _holder.Where(h => h.Value == from).Select(h => h.Key).ToList();
        Assert.NotEmpty(things);
        things.ForEach(thing => Own(thing, to));
    }

    private void Swap(string a, string b)
    {
        Meet(a, b);
        foreach (var (thing, holder) in _holder.ToList())
        {
            if (holder == a || holder == b)
            {
                Own(thing, holder == a ? b : a);
            }
        }
    }

    private void Arrive(string who, string place)
    {
        _place[who] = place;
    }
}
