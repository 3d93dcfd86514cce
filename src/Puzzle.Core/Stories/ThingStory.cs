namespace Puzzle.Core.Stories;

// A story about single things: who holds which, who is where. The world is kept while it is told, with the number of sentences
// that lead to each fact: naming a thing starts at one, "everything" and "went to Ann" add one to what they build on.
internal sealed partial class ThingStory
{
    private const int Nowhere = -1;

    private readonly StoryDraft _draft;
    private readonly StoryRandom _random;
    private readonly StoryPerson[] _people;
    private readonly string[] _things;
    private readonly string[] _places;
    private readonly bool[] _met;
    private readonly int[] _holder;
    private readonly int[] _holderSteps;
    private readonly int[] _where;
    private readonly int[] _whereSteps;
    private readonly List<(int Person, int Steps)>[] _owners;
    private readonly bool[] _visited;
    private int _focus;

    private ThingStory(StoryDraft draft)
    {
        _draft = draft;
        _random = draft.Random;
        _people = StoryPerson.Sample(_random, draft.Pool, _random.Between(3, 4));
        _things = _random.Sample(draft.Pool.Things, _random.Chance(0.3) ? 2 : 3);
        _places = _random.Sample(StoryWords.Places, _random.Between(3, 4));
        _met = new bool[_people.Length];
        _holder = new int[_things.Length];
        _holderSteps = new int[_things.Length];
        _where = [.. _people.Select(_ => Nowhere)];
        _whereSteps = new int[_people.Length];
        _owners = [.. _things.Select(_ => new List<(int, int)>())];
        _visited = new bool[_places.Length];
    }

    public static void Tell(StoryDraft draft)
    {
        var story = new ThingStory(draft);
        story.Happen();
        story.AskWho();
        story.AskWhere();
        story.AskOrder();
        story.AskAgreement();
        AgreementLines.Add(draft, story._people);
    }

    private void Happen()
    {
        var length = _random.Between(_draft.Options.MinSentences, _draft.Options.MaxSentences);
        Introduce();

        for (var attempts = 0; _draft.Sentences < length && attempts < 100; attempts++)
        {
            if (_random.Chance(_draft.Options.DistractorShare))
            {
                Distract();
                continue;
            }

            switch (_random.Below(7))
            {
                case 0:
                    Go(_random.Below(_people.Length), _random.Below(_places.Length), starts: false);
                    break;
                case 1:
                    Join();
                    break;
                default:
                    HandOver();
                    break;
            }
        }
    }

    // Everybody appears, with a thing or at a place, so that each is a fair wrong answer.
    private void Introduce()
    {
        var order = Enumerable.Range(0, _people.Length).ToArray();
        _random.Shuffle<int>(order);
        for (var i = 0; i < order.Length; i++)
        {
            if (i < _things.Length)
            {
                Show(i, _random.Chance(0.8) ? order[i] : _random.Below(_people.Length));
            }

            if (!_met[order[i]] || _random.Chance(0.4))
            {
                Go(order[i], _random.Below(_places.Length), starts: true);
            }
        }
    }

    private void Show(int thing, int person)
    {
        string name = _people[person].Name, o = _things[thing];
        _draft.Say(_random.Chance(0.5) ? $"{name} had the {o}." : $"The {o} was with {name}.", $"h{Role(person)}{Item(thing)}");
        Own(thing, person, 1);
        _focus = thing;
    }

    private void Go(int person, int place, bool starts)
    {
        if (_where[person] == place || (starts && _where[person] != Nowhere))
        {
            return;
        }

        var verb = starts ? "was in" : "went to";
        _draft.Say($"{_people[person].Name} {verb} the {_places[place]}.", $"g{Role(person)}{_draft.Role(_places[place])}");
        Arrive(person, place, 1);
    }

    // "Tom joined Ann": Tom's place follows from Ann's.
    private void Join()
    {
        var (person, other) = Two();
        if (_where[other] == Nowhere || _where[person] == _where[other])
        {
            return;
        }

        _draft.Say($"{_people[person].Name} joined {_people[other].Name}.", $"j{Role(person)}{Role(other)}");
        Arrive(person, _where[other], _whereSteps[other] + 1);
    }

    private void HandOver()
    {
        var (_, other) = Two();
        var thing = _random.Chance(0.6) ? _focus : _random.Below(_things.Length);
        var person = _holder[thing];
        if (person == other || !CanMeet(person, other))
        {
            return;
        }

        if (!_random.Chance(_draft.Options.IndirectShare))
        {
            Give(person, other, thing);
        }
        else if (_random.Chance(0.25))
        {
            Swap(person, other);
        }
        else
        {
            GiveEverything(person, other);
        }

        _focus = thing;
    }

    private void Give(int person, int other, int thing)
    {
        string a = _people[person].Name, b = _people[other].Name, o = _things[thing];
        var sentence = _random.Chance(0.5) ? $"{a} gave the {o} to {b}." : $"{b} took the {o} from {a}.";
        _draft.Say(sentence, $"v{Role(person)}{Role(other)}{Item(thing)}");
        Own(thing, other, 1);
    }

    private void GiveEverything(int person, int other)
    {
        string a = _people[person].Name, b = _people[other].Name;
        var sentence = _random.Chance(0.5) ? $"{a} gave everything to {b}." : $"{b} took everything from {a}.";
        _draft.Say(sentence, $"e{Role(person)}{Role(other)}");
        for (var thing = 0; thing < _things.Length; thing++)
        {
            if (_holder[thing] == person)
            {
                Own(thing, other, _holderSteps[thing] + 1);
            }
        }
    }

    private void Swap(int person, int other)
    {
        _draft.Say($"{_people[person].Name} and {_people[other].Name} swapped everything.", $"s{Role(person)}{Role(other)}");
        for (var thing = 0; thing < _things.Length; thing++)
        {
            if (_holder[thing] == person || _holder[thing] == other)
            {
                Own(thing, _holder[thing] == person ? other : person, _holderSteps[thing] + 1);
            }
        }
    }

    // Names people and things without moving anything: the last mention of a thing must not give its holder away.
    private void Distract()
    {
        var person = _random.Below(_people.Length);
        var thing = _random.Below(_things.Length);
        if (_random.Chance(0.3) || _holder[thing] == person)
        {
            _draft.SayScenery();
            return;
        }

        _draft.Say($"{_people[person].Name} wanted the {_things[thing]}.", $"w{Role(person)}{Item(thing)}");
    }

    private void Own(int thing, int person, int steps)
    {
        _holder[thing] = person;
        _holderSteps[thing] = steps;
        _owners[thing].Add((person, steps));
    }

    private void Arrive(int person, int place, int steps)
    {
        _where[person] = place;
        _whereSteps[person] = steps;
        _visited[place] = true;
    }

    // People hand things over when they are at one place, or when the story has not said where one of them is.
    private bool CanMeet(int person, int other) =>
        _where[person] == Nowhere || _where[other] == Nowhere || _where[person] == _where[other];

    private (int Person, int Other) Two()
    {
        var person = _random.Below(_people.Length);
        var other = _random.Below(_people.Length - 1);
        return (person, other >= person ? other + 1 : other);
    }

    private char Role(int person)
    {
        _met[person] = true;
        return _draft.Role(_people[person].Name);
    }

    private char Item(int thing) => _draft.Role(_things[thing]);
}
