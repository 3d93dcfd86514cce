namespace Puzzle.Core.Stories;

// What a story about things can be asked.
internal sealed partial class ThingStory
{
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
