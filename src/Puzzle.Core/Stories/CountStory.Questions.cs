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

        _draft.Ask(task, steps, prompt, StoryWords.Numbers[right], wrong, $" {(right == 1 ? _one : _many)}.");
    }

    private void AskCounts()
    {
        for (var p = 0; p < _people.Length; p++)
        {
            var name = _people[p].Name;
            AskNumber(_steps[p] > 1 ? StoryTask.Counting : StoryTask.Recall, _steps[p], $"At last {name} had", _count[p]);
            if (_changes[p] > 0)
            {
                AskNumber(StoryTask.Order, _firstSteps[p], $"At first {name} had", _first[p]);
            }

            for (var q = 0; q < _people.Length; q++)
            {
                if (q > p && _count[p] + _count[q] <= Most)
                {
                    AskNumber(StoryTask.Counting, _steps[p] + _steps[q], $"Together {name} and {_people[q].Name} had", _count[p] + _count[q]);
                }
            }
        }
    }
}
