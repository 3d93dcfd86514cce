namespace Puzzle.Core.Stories;

// A story about how many of one kind of object each person has. Numbers stay between 0 and 20. The first person's first change is
// dealt from a deck of all sums and differences, so that every pair of numbers comes up.
internal sealed partial class CountStory
{
    private const int Most = 20;

    private readonly StoryDraft _draft;
    private readonly StoryRandom _random;
    private readonly StoryPerson[] _people;
    private readonly string _one;
    private readonly string _many;
    private readonly int[] _count;
    private readonly int[] _steps;
    private readonly int[] _first;
    private readonly int[] _firstSteps;
    private readonly int[] _changes;
    private readonly List<int> _said = [];

    private CountStory(StoryDraft draft)
    {
        _draft = draft;
        _random = draft.Random;
        _people = StoryPerson.Sample(_random, draft.Pool, _random.Between(2, 4));
        (_one, _many) = _random.Pick(draft.Pool.Goods);
        _count = new int[_people.Length];
        _steps = new int[_people.Length];
        _first = new int[_people.Length];
        _firstSteps = new int[_people.Length];
        _changes = new int[_people.Length];
    }

    /// <summary>How many sums and differences the deck holds: a + b up to 20 and a - b from 0, b at least 1.</summary>
    public static int DeckSize => Deck.Length;

    /// <summary>All sums and differences: a start, and a change that is added.</summary>
    public static readonly (int Start, int Change)[] Deck =
    [
        .. from a in Enumerable.Range(0, Most + 1)
           from b in Enumerable.Range(1, Most)
           where a + b <= Most
           select (a, b),
        .. from a in Enumerable.Range(0, Most + 1)
           from b in Enumerable.Range(1, Most)
           where a >= b
           select (a, -b),
    ];

    public static void Tell(StoryDraft draft, int card)
    {
        var story = new CountStory(draft);
        story.Happen(Deck[card]);
        story.AskCounts();
        AgreementLines.Add(draft, story._people);
    }

    private void Happen((int Start, int Change) dealt)
    {
        var order = Enumerable.Range(0, _people.Length).ToArray();
        _random.Shuffle<int>(order);
        for (var i = 0; i < order.Length; i++)
        {
            Introduce(order[i], dealt.Start, order.AsSpan(0, i));
            MaybeDistract();
        }

        var changes = _random.Between(_draft.Options.MinChanges, _draft.Options.MaxChanges);
        var dealtAt = _random.Below(changes);
        for (var change = 0; change < changes; change++)
        {
            if (change == dealtAt)
            {
                Deal(dealt.Change);
            }
            else
            {
                for (var attempt = 0; attempt < 20 && !TryChange(change > dealtAt); attempt++)
                {
                }
            }

            MaybeDistract();
        }
    }

    private void Introduce(int person, int dealt, ReadOnlySpan<int> known)
    {
        var name = _people[person].Name;
        if (person != 0 && known.Length > 0 && _random.Chance(_draft.Options.IndirectShare * 0.7))
        {
            var other = known[_random.Below(known.Length)];
            var room = Most - _count[other];
            var more = room > 0 && (_count[other] == 0 || _random.Chance(0.5));
            var by = _random.Between(1, Math.Min(9, more ? room : _count[other]));
            _draft.Say(
                $"{name} had {Amount(by, more ? "more " : "fewer ")} than {_people[other].Name}.",
                $"{(more ? 'm' : 'l')}{Role(person)}{Role(other)}");
            Start(person, _count[other] + (more ? by : -by), _steps[other] + 1);
            return;
        }

        var count = person == 0 ? dealt : _random.Between(0, 14);
        _draft.Say($"{name} had {Amount(count)}.", $"h{Role(person)}");
        Start(person, count, 1);
    }

    private void Start(int person, int count, int steps)
    {
        (_count[person], _first[person]) = (count, count);
        (_steps[person], _firstSteps[person]) = (steps, steps);
    }

    // The dealt change of the first person: found or lost, or through somebody else who can give or take that many.
    private void Deal(int change)
    {
        var other = 1 + _random.Below(_people.Length - 1);
        if (change > 0)
        {
            if (_count[other] >= change && _random.Chance(0.5))
            {
                Give(other, 0, change);
            }
            else
            {
                Find(0, change);
            }
        }
        else if (_count[other] - change <= Most && _random.Chance(0.5))
        {
            Give(0, other, -change);
        }
        else
        {
            Lose(0, -change);
        }
    }

    private bool TryChange(bool withFirst)
    {
        var least = withFirst ? 0 : 1;
        var person = _random.Between(least, _people.Length - 1);
        var other = _random.Between(least, _people.Length - 1);
        var number = _random.Between(1, 9);
        switch (_random.Below(5))
        {
            case 0 when _count[person] + number <= Most:
                Find(person, number);
                return true;
            case 1 when _count[person] >= number:
                Lose(person, number);
                return true;
            case 2 or 3 when person != other && _count[person] >= number && _count[other] + number <= Most:
                Give(person, other, number);
                return true;
            case 4 when person != other && _count[person] > 0 && _count[person] + _count[other] <= Most && _random.Chance(_draft.Options.IndirectShare):
                GiveAll(person, other);
                return true;
            default:
                return false;
        }
    }

    private void Find(int person, int number)
    {
        _draft.Say($"{_people[person].Name} found {Amount(number)}.", $"f{Role(person)}");
        Change(person, number, 1);
    }

    private void Lose(int person, int number)
    {
        _draft.Say($"{_people[person].Name} lost {Amount(number)}.", $"x{Role(person)}");
        Change(person, -number, 1);
    }

    private void Give(int person, int other, int number)
    {
        string a = _people[person].Name, b = _people[other].Name;
        var sentence = _random.Chance(0.5) ? $"{a} gave {Amount(number)} to {b}." : $"{b} took {Amount(number)} from {a}.";
        _draft.Say(sentence, $"v{Role(person)}{Role(other)}");
        Change(person, -number, 1);
        Change(other, number, 1);
    }

    private void GiveAll(int person, int other)
    {
        _draft.Say($"{_people[person].Name} gave all {_people[person].Her} {_many} to {_people[other].Name}.", $"a{Role(person)}{Role(other)}");
        Change(other, _count[person], _steps[person]);
        _count[person] = 0;
        _steps[person] = 1;
        _changes[person]++;
    }

    private void Change(int person, int by, int steps)
    {
        _count[person] += by;
        _steps[person] += steps;
        _changes[person]++;
    }

    // A wish, which must not be added.
    private void MaybeDistract()
    {
        if (!_random.Chance(_draft.Options.DistractorShare))
        {
            return;
        }

        if (_random.Chance(0.5))
        {
            _draft.SayScenery();
            return;
        }

        var name = _random.Pick(_people).Name;
        _draft.Say($"{name} wanted {Amount(_random.Between(2, 12))}.", $"w{_draft.Role(name)}");
    }

    private string Amount(int number, string more = "")
    {
        _said.Add(number);
        return $"{StoryWords.Numbers[number]} {more}{(number == 1 ? _one : _many)}";
    }

    private char Role(int person) => _draft.Role(_people[person].Name);
}
