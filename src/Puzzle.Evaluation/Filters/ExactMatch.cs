using System.Text.RegularExpressions;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Filters;

/// <summary>Whether a text equals a reference after what does not matter has been taken out of both.</summary>
public sealed class ExactMatch(MetricConfiguration configuration, string source)
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private readonly Regex[] _ignored = [.. configuration.RegexesToIgnore.Select(pattern => TextFilter.Compile(pattern, source))];

    public bool Holds(string prediction, string reference) => Normal(prediction) == Normal(reference);

    private string Normal(string text)
    {
        foreach (var regex in _ignored)
            text = regex.Replace(text, "");
        if (configuration.IgnoreCase)
            text = text.ToLowerInvariant();
        if (configuration.IgnorePunctuation)
            text = new string([.. text.Where(character => !Punctuation.Contains(character))]);
        return configuration.IgnoreNumbers ? new string([.. text.Where(character => !char.IsAsciiDigit(character))]) : text;
    }
}
