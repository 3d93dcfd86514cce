namespace Puzzle.Core.Stories;

// A story about single things: who holds which, who is where. The world is kept while it is told, with the number of sentences
// that lead to each fact: naming a thing starts at one, "everything" and "went to Ann" add one to what they build on.
internal sealed class ThingStory
{
    private const int Nowhere = -1;
    private const int Nobody = -1;

    private readonly StoryDraft _draft;
    private readonly StoryRandom _random;
    private readonly StoryPerson[] _people;
    private readonly string[] _things;
    private readonly string?[] _colours;
    private readonly string[] _places;
    private readonly bool[] _met;
    private readonly int[] _holder;
    private readonly int[] _holderSteps;
    private readonly int[] _lyingAt;
    private readonly int[] _lyingSteps;
    private readonly int[] _where;
    private readonly int[] _whereSteps;
    private readonly List<(int Person, int Steps)>[] _owners;
    private readonly List<(int Place, int Steps)>[] _visits;
    private readonly List<(int Person, int Steps)>[] _arrivals;
    private readonly List<(int From, int To, int Thing)> _gifts = [];
    private int _focus;

    private ThingStory(StoryDraft draft)
    {
        _draft = draft;
        _random = draft.Random;
        _people = StoryPerson.Sample(_random, draft.Pool, _random.Between(3, 4));
        _things = _random.Sample(draft.Pool.Things, _random.Chance(0.3) ? 2 : 3);
        _places = _random.Sample(StoryWords.Places, _random.Between(3, 4));
        _colours = new string?[_things.Length];
        _met = new bool[_people.Length];
        _holder = [.. _things.Select(_ => Nobody)];
        _holderSteps = new int[_things.Length];
        _lyingAt = [.. _things.Select(_ => Nowhere)];
        _lyingSteps = new int[_things.Length];
        _where = [.. _people.Select(_ => Nowhere)];
        _whereSteps = new int[_people.Length];
        _owners = [.. _things.Select(_ => new List<(int, int)>())];
        _visits = [.. _people.Select(_ => new List<(int, int)>())];
        _arrivals = [.. _places.Select(_ => new List<(int, int)>())];
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

            switch (_random.Below(8))
            {
                case 0:
                    Go(_random.Below(_people.Length), _random.Below(_places.Length), starts: false);
                    break;
                case 1:
                    Join();
                    break;
                case 2:
                    Drop();
                    break;
                case 3:
                    PickUp();
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
        var colours = _random.Chance(0.4) ? _random.Sample(StoryWords.Colours, _things.Length) : null;
        var order = Enumerable.Range(0, _people.Length).ToArray();
        _random.Shuffle<int>(order);
        for (var i = 0; i < order.Length; i++)
        {
            if (i < _things.Length)
            {
                Show(i, _random.Chance(0.8) ? order[i] : _random.Below(_people.Length), colours?[i]);
            }

            if (!_met[order[i]] || _random.Chance(0.4))
            {
                Go(order[i], _random.Below(_places.Length), starts: true);
            }
        }
    }

    private void Show(int thing, int person, string? colour)
    {
        _colours[thing] = colour;
        var noun = colour is null ? _things[thing] : $"{colour} {_things[thing]}";
        var verb = _random.Pick(["had", "found", "bought"]);
        _draft.Say($"{_people[person].Name} {verb} {StoryDraft.A(noun)}.", $"h{Role(person)}{Item(thing)}");
        Own(thing, person, 1);
        _focus = thing;
    }

    private void Go(int person, int place, bool starts)
    {
        if (_where[person] == place || (starts && _where[person] != Nowhere))
        {
            return;
        }

        var verb = starts ? "was in" : _random.Pick(["went to", "ran to", "walked to"]);
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

    private void Drop()
    {
        var thing = _random.Below(_things.Length);
        var person = _holder[thing];
        if (person == Nobody || _where[person] == Nowhere || _holderSteps[thing] > 1)
        {
            return;
        }

        _draft.Say($"{_people[person].Name} dropped the {_things[thing]}.", $"d{Role(person)}{Item(thing)}");
        _holder[thing] = Nobody;
        _holderSteps[thing] = 1;
        _lyingAt[thing] = _where[person];
        _lyingSteps[thing] = _whereSteps[person] + 1;
        _owners[thing].Add((Nobody, 1));
    }

    private void PickUp()
    {
        var thing = _random.Below(_things.Length);
        var person = _random.Below(_people.Length);
        if (_lyingAt[thing] == Nowhere || _where[person] != _lyingAt[thing])
        {
            return;
        }

        _draft.Say($"{_people[person].Name} picked up the {_things[thing]}.", $"p{Role(person)}{Item(thing)}");
        Own(thing, person, 1);
    }

    private void HandOver()
    {
        var (_, other) = Two();
        var thing = _random.Chance(0.6) ? _focus : _random.Below(_things.Length);
        var person = _holder[thing];
        if (person == Nobody || person == other || !CanMeet(person, other))
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
        var sentence = _random.Below(5) switch
        {
            0 => $"{a} gave {b} the {o}.",
            1 => $"{b} got the {o} from {a}.",
            2 => $"{a} handed the {o} to {b}.",
            3 => $"{b} took the {o} from {a}.",
            _ => $"{a} gave the {o} to {b}.",
        };
        _draft.Say(sentence, $"v{Role(person)}{Role(other)}{Item(thing)}");
        _gifts.Add((person, other, thing));
        Own(thing, other, 1);
    }

    private void GiveEverything(int person, int other)
    {
        string a = _people[person].Name, b = _people[other].Name;
        var sentence = _random.Below(3) switch
        {
            0 => $"{a} gave {b} everything.",
            1 => $"{b} took everything from {a}.",
            _ => $"{a} gave everything to {b}.",
        };
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

        var verb = _random.Pick(["wanted", "liked", "asked for"]);
        _draft.Say($"{_people[person].Name} {verb} the {_things[thing]}.", $"w{Role(person)}{Item(thing)}");
    }

    private void Own(int thing, int person, int steps)
    {
        _holder[thing] = person;
        _holderSteps[thing] = steps;
        _lyingAt[thing] = Nowhere;
        _owners[thing].Add((person, steps));
    }

    private void Arrive(int person, int place, int steps)
    {
        _where[person] = place;
        _whereSteps[person] = steps;
        _visits[person].Add((place, steps));
        _arrivals[place].Add((person, steps));
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

    private IEnumerable<string> Names => Enumerable.Range(0, _people.Length).Where(p => _met[p]).Select(p => _people[p].Name);

    private IEnumerable<string> Places =>
        Enumerable.Range(0, _places.Length).Where(l => _arrivals[l].Count > 0).Select(l => _places[l]);

    private void AskWho()
    {
        for (var thing = 0; thing < _things.Length; thing++)
        {
            var o = _things[thing];
            var dropped = _owners[thing].Exists(owner => owner.Person == Nobody);
            var holder = _holder[thing] == Nobody ? "nobody" : _people[_holder[thing]].Name;
            _draft.Ask(StoryTask.Possession, _holderSteps[thing], $"Who has the {o}?", holder, dropped ? Names.Append("nobody") : Names);
            if (_colours[thing] is { } colour)
            {
                _draft.Ask(StoryTask.Recall, 1, $"What colour is the {o}?", colour, _colours.OfType<string>());
            }
        }

        for (var person = 0; person < _people.Length; person++)
        {
            var held = Enumerable.Range(0, _things.Length).Where(t => _holder[t] == person).ToList();
            var name = _people[person].Name;
            if (held.Count == 1)
            {
                _draft.Ask(StoryTask.Possession, _holderSteps[held[0]], $"What does {name} have?", _things[held[0]], _things);
            }

            var steps = held.Count == 0 ? 2 : held.Max(t => _holderSteps[t]) + held.Count - 1;
            if (_met[person])
            {
                _draft.Ask(StoryTask.Counting, steps, $"How many things does {name} have?", StoryWords.Numbers[held.Count], StoryWords.Numbers.Take(_things.Length + 1));
            }
        }

        foreach (var (from, to, thing) in _gifts)
        {
            if (_gifts.Count(g => g.To == to && g.Thing == thing) == 1)
            {
                _draft.Ask(StoryTask.Recall, 1, $"Who gave {_people[to].Name} the {_things[thing]}?", _people[from].Name, Names.Where(n => n != _people[to].Name));
            }
        }
    }

    private void AskWhere()
    {
        for (var person = 0; person < _people.Length; person++)
        {
            if (_where[person] != Nowhere)
            {
                _draft.Ask(StoryTask.Recall, _whereSteps[person], $"Where is {_people[person].Name}?", _places[_where[person]], Places);
            }
        }

        for (var thing = 0; thing < _things.Length; thing++)
        {
            var holder = _holder[thing];
            if (holder == Nobody)
            {
                _draft.Ask(StoryTask.Recall, _lyingSteps[thing], $"Where is the {_things[thing]}?", _places[_lyingAt[thing]], Places);
            }
            else if (_where[holder] != Nowhere)
            {
                _draft.Ask(StoryTask.Recall, _holderSteps[thing] + _whereSteps[holder], $"Where is the {_things[thing]}?", _places[_where[holder]], Places);
            }
        }
    }

    private void AskOrder()
    {
        for (var thing = 0; thing < _things.Length; thing++)
        {
            var owners = _owners[thing];
            var o = _things[thing];
            if (owners.Count > 1)
            {
                _draft.Ask(StoryTask.Order, 1, $"Who had the {o} first?", _people[owners[0].Person].Name, Names);
            }

            for (var i = 1; i < owners.Count; i++)
            {
                var (before, after) = (owners[i - 1], owners[i]);
                if (before.Person == Nobody || after.Person == Nobody)
                {
                    continue;
                }

                string a = _people[before.Person].Name, b = _people[after.Person].Name;
                if (owners.Count(x => x.Person == after.Person) == 1)
                {
                    _draft.Ask(StoryTask.Order, after.Steps, $"Who had the {o} before {b}?", a, Names.Where(n => n != b));
                }

                if (owners.Count(x => x.Person == before.Person) == 1)
                {
                    _draft.Ask(StoryTask.Order, after.Steps, $"Who had the {o} after {a}?", b, Names.Where(n => n != a));
                }
            }
        }

        for (var person = 0; person < _people.Length; person++)
        {
            var visits = _visits[person];
            for (var i = 1; i < visits.Count; i++)
            {
                var place = visits[i].Place;
                if (visits.Count(v => v.Place == place) == 1)
                {
                    _draft.Ask(StoryTask.Order, Math.Max(visits[i - 1].Steps, visits[i].Steps) + 1, $"Where was {_people[person].Name} before the {_places[place]}?", _places[visits[i - 1].Place], Places.Where(l => l != _places[place]));
                }
            }
        }

        for (var place = 0; place < _places.Length; place++)
        {
            var arrivals = _arrivals[place];
            if (arrivals.Select(a => a.Person).Distinct().Count() > 1)
            {
                _draft.Ask(StoryTask.Order, arrivals[0].Steps + 1, $"Who was in the {_places[place]} first?", _people[arrivals[0].Person].Name, Names);
            }
        }
    }

    private void AskAgreement()
    {
        for (var thing = 0; thing < _things.Length; thing++)
        {
            if (_holder[thing] is var holder && holder != Nobody)
            {
                var person = _people[holder];
                _draft.Ask(StoryTask.Agreement, _holderSteps[thing] + 1, $"The one with the {_things[thing]} washed", person.Her, ["her", "his"], $" {_random.Pick(StoryWords.BodyParts)}.");
            }
        }
    }
}
