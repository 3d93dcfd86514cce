using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Filters;

/// <summary>The steps of one entry of <c>filter_list</c>, applied to a generated text.</summary>
public sealed class TextFilter
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly Func<string, string>[] _steps;

    /// <exception cref="BadInputException">A step that is unknown or not supported.</exception>
    public TextFilter(FilterConfiguration configuration, string source)
    {
        Name = configuration.Name;
        _steps = [.. configuration.Steps.Select(step => Step(step, source))];
    }

    public string Name { get; }

    public string Apply(string text)
    {
        foreach (var step in _steps)
            text = step(text);
        return text;
    }

    private static Func<string, string> Step(IReadOnlyDictionary<string, object?> step, string source) => step.GetValueOrDefault("function") switch
    {
        // One text a document is generated: the first is the only one, and the majority too.
        "take_first" or "majority_vote" => text => text,
        "remove_whitespace" => text => text.Length > 0 && text[0] == ' ' ? text[1..] : text,
        "strip_whitespace" => PythonText.Trim,
        "lowercase" => text => text.ToLowerInvariant(),
        "uppercase" => text => text.ToUpperInvariant(),
        "regex" => Extraction(step, source),
        var other => throw new BadInputException($"{source}: filter {PythonJson.Write(other)} is not supported; known are regex, take_first, majority_vote, remove_whitespace, strip_whitespace, lowercase, uppercase"),
    };

    private static Func<string, string> Extraction(IReadOnlyDictionary<string, object?> step, string source)
    {
        var pattern = step.GetValueOrDefault("regex_pattern") as string ?? @"#### (\-?[0-9\.\,]+)";
        var select = step.GetValueOrDefault("group_select") is long group ? (int)group : 0;
        var fallback = step.GetValueOrDefault("fallback") as string ?? "[invalid]";
        var regex = Compile(pattern, source);
        return text =>
        {
            var matches = regex.Matches(text);
            var at = select < 0 ? matches.Count + select : select;
            if (at < 0 || at >= matches.Count)
                return fallback;
            var groups = matches[at].Groups;

            // Without groups the whole match counts, with several the first that took part.
            var found = groups.Count == 1
                ? groups[0].Value
                : groups.Values.Skip(1).FirstOrDefault(value => groups.Count == 2 || value.Length > 0)?.Value;
            return found is null ? fallback : PythonText.Trim(found);
        };
    }

    /// <summary>A foreign pattern: checked, and bounded in time.</summary>
    internal static Regex Compile(string pattern, string source)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, s_timeout);
        }
        catch (ArgumentException error)
        {
            throw new BadInputException($"{source}: {pattern} is no valid regular expression: {error.Message}", error);
        }
    }
}
