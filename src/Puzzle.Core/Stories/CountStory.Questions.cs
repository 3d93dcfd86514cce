namespace Puzzle.Core.Stories;

// What a story about counts can be asked.
internal sealed partial class CountStory
{
    private IEnumerable<string> Names => _people.Select(p => p.Name);

    private IEnumerable<string> NamesBut(int person) => Names.Where(n => n != _people[person].Name);

    // Near misses and numbers that the story says, so that neither is a hint.
    private void AskNumber(StoryTask task, int steps, string prompt, int right)
    {
        List<int> near = [right - 2, right - 1, right + 1, right + 2];
        _ = near.RemoveAll(n => n is < 0 or > Most);
        List<int> told = [.. _said, .. _count, .. _first];
        _ = told.RemoveAll(n => n == right);
        List<string> wrong = [];
        while (wrong.Count < 3)
        {
            var number = told.Count > 0 && _random.Chance(steps == 1 ? 0.9 : 0.6) ? _random.Pick(told) : _random.Pick(near);
            var word = StoryWords.Numbers[number];
            if (!wrong.Contains(word))
            {
                wrong.Add(word);
            }
            else if (_random.Chance(0.2))
            {
                near.Add(_random.Below(Most + 1));
                _ = near.RemoveAll(n => n == right);
            }
        }

        _draft.Ask(task, steps, prompt, StoryWords.Numbers[right], wrong);
    }

    private void AskCounts()
    {
        for (var p = 0; p < _people.Length; p++)
        {
            var name = _people[p].Name;
            AskNumber(_steps[p] > 1 ? StoryTask.Counting : StoryTask.Recall, _steps[p], $"How many {_many} does {name} have?", _count[p]);
            if (_changes[p] > 0)
            {
                AskNumber(StoryTask.Order, _firstSteps[p], $"How many {_many} did {name} have at first?", _first[p]);
            }

            for (var q = 0; q < _people.Length; q++)
            {
                if (q > p && _count[p] + _count[q] <= Most)
                {
                    AskNumber(StoryTask.Counting, _steps[p] + _steps[q], $"How many {_many} do {name} and {_people[q].Name} have?", _count[p] + _count[q]);
                }

                if (_count[p] > _count[q])
                {
                    AskNumber(StoryTask.Counting, _steps[p] + _steps[q], $"How many more {_many} does {name} have than {_people[q].Name}?", _count[p] - _count[q]);
                }
            }
        }
    }

    private void AskWho()
    {
        for (var p = 0; p < _people.Length; p++)
        {
            var name = _people[p].Name;
            if (_count.Count(c => c == _count[p]) == 1)
            {
                _draft.Ask(StoryTask.Possession, _steps[p] == 1 ? 1 : _steps[p] + 1, $"Who has {StoryWords.Numbers[_count[p]]} {(_count[p] == 1 ? _one : _many)}?", name, Names);
            }
        }

        int most = _count.Max(), fewest = _count.Min();
        foreach (var (word, number) in (ReadOnlySpan<(string, int)>)[("most", most), ("fewest", fewest)])
        {
            if (_count.Count(c => c == number) == 1)
            {
                var person = Array.IndexOf(_count, number);
                _draft.Ask(StoryTask.Possession, _steps.Max() + 1, $"Who has the {word} {_many}?", _people[person].Name, Names);
                _draft.Ask(StoryTask.Agreement, _steps.Max() + 1, $"The one with the {word} {_many} washed", _people[person].Her, ["her", "his"], $" {_random.Pick(StoryWords.BodyParts)}.");
            }
        }

        foreach (var (kind, person, other, number) in _events)
        {
            var amount = $"{StoryWords.Numbers[number]} {(number == 1 ? _one : _many)}";
            if (_events.Count(e => e.Kind == kind && e.Number == number) == 1 && VerbOf(kind) is { } verb)
            {
                _draft.Ask(StoryTask.Recall, 1, $"Who {verb} {amount}?", _people[person].Name, Names);
            }

            if (kind == 'v' && _events.Count(e => e.Kind == 'v' && e.Other == other) == 1 && _people.Length > 2)
            {
                _draft.Ask(StoryTask.Recall, 1, $"Who gave {_people[other].Name} {amount}?", _people[person].Name, NamesBut(other));
            }
        }

        if (_events.Count > 1 && _events[0] is var start && start.Other < 0 && VerbOf(start.Kind) is { } first && _events.Any(e => e.Kind == start.Kind && e.Person != start.Person))
        {
            _draft.Ask(StoryTask.Order, 2, $"Who {first} {_many} first?", _people[start.Person].Name, Names);
        }
    }

    private static string? VerbOf(char kind) => kind switch
    {
        'f' => "found",
        'b' => "bought",
        'g' => "got",
        'l' => "lost",
        's' => "sold",
        _ => null,
    };
}
