namespace Puzzle.Core.Stories;

// What a story about things can be asked.
internal sealed partial class ThingStory
{
    private IEnumerable<string> Names => Enumerable.Range(0, _people.Length).Where(p => _met[p]).Select(p => _people[p].Name);

    private IEnumerable<string> Places =>
        Enumerable.Range(0, _places.Length).Where(l => _visited[l]).Select(l => _places[l]);

    private void AskWho()
    {
        for (var thing = 0; thing < _things.Length; thing++)
        {
            var o = _things[thing];
            _draft.Ask(StoryTask.Possession, _holderSteps[thing], $"At last the {o} was with", _people[_holder[thing]].Name, Names);
        }

        for (var person = 0; person < _people.Length; person++)
        {
            var held = Enumerable.Range(0, _things.Length).Where(t => _holder[t] == person).ToList();
            var name = _people[person].Name;
            if (held.Count == 1)
            {
                _draft.Ask(StoryTask.Possession, _holderSteps[held[0]], $"At last {name} had the", _things[held[0]], _things);
            }
        }
    }

    private void AskWhere()
    {
        for (var person = 0; person < _people.Length; person++)
        {
            if (_where[person] != Nowhere)
            {
                _draft.Ask(StoryTask.Recall, _whereSteps[person], $"At last {_people[person].Name} was in the", _places[_where[person]], Places);
            }
        }

        for (var thing = 0; thing < _things.Length; thing++)
        {
            var holder = _holder[thing];
            if (_where[holder] != Nowhere)
            {
                _draft.Ask(StoryTask.Recall, _holderSteps[thing] + _whereSteps[holder], $"At last the {_things[thing]} was in the", _places[_where[holder]], Places);
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
                _draft.Ask(StoryTask.Order, 1, $"At first the {o} was with", _people[owners[0].Person].Name, Names);
            }

            for (var i = 1; i < owners.Count; i++)
            {
                var (before, after) = (owners[i - 1], owners[i]);
                string a = _people[before.Person].Name, b = _people[after.Person].Name;
                if (owners.Count(x => x.Person == after.Person) == 1)
                {
                    _draft.Ask(StoryTask.Order, after.Steps, $"Before {b} the {o} was with", a, Names.Where(n => n != b));
                }

                if (owners.Count(x => x.Person == before.Person) == 1)
                {
                    _draft.Ask(StoryTask.Order, after.Steps, $"After {a} the {o} was with", b, Names.Where(n => n != a));
                }
            }
        }
    }

    private void AskAgreement()
    {
        for (var thing = 0; thing < _things.Length; thing++)
        {
            var person = _people[_holder[thing]];
            _draft.Ask(StoryTask.Agreement, _holderSteps[thing] + 1, $"The one with the {_things[thing]} washed", person.Her, ["her", "his"], $" {_random.Pick(StoryWords.BodyParts)}.");
        }
    }
}
