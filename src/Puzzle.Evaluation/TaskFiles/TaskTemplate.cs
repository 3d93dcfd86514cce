using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Core.Text.Jinja;
using Puzzle.Evaluation.Filters;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A template of a task file, in the harness's settings: nothing trimmed, an absent column is an error, a filter <c>regex_replace</c>.</summary>
internal sealed class TaskTemplate
{
    private readonly Template _template;
    private readonly string _text;
    private readonly string _source;

    /// <exception cref="BadInputException">No valid template.</exception>
    public TaskTemplate(string text, string source)
    {
        (_text, _source) = (text, source);
        try
        {
            _template = Template.Parse(text, TemplateOptions.Harness with
            {
                Filters = new Dictionary<string, Func<object?, IReadOnlyList<object?>, object?>>(StringComparer.Ordinal) { ["regex_replace"] = Replace },
            });
        }
        catch (TemplateException error)
        {
            throw new BadInputException($"{source}: template {Shortened(text)}: {error.Message}", error);
        }
    }

    /// <summary>The text for a document.</summary>
    /// <exception cref="BadInputException">The document lacks a column, or the template asks for what is not there.</exception>
    public string Render(IReadOnlyDictionary<string, object?> document)
    {
        try
        {
            return _template.Render(document);
        }
        catch (TemplateException error)
        {
            throw new BadInputException($"{_source}: template {Shortened(_text)} on a document with columns {string.Join(", ", document.Keys)}: {error.Message}", error);
        }
    }

    // (text, pattern, replacement, count = 0), the replacement with Python's \1 and \g<name>.
    private string? Replace(object? value, IReadOnlyList<object?> arguments)
    {
        if (value is not string text || arguments is not [string pattern, string replacement, ..])
            throw new TemplateException("regex_replace needs a text, a pattern and a replacement");
        var count = arguments.Count > 2 && arguments[2] is long given and > 0 and < int.MaxValue ? (int)given : -1;
        var translated = Regex.Replace(replacement.Replace("$", "$$"), @"\\(?:(\d+)|g<(\w+)>)", "$${$1$2}");
        return TextFilter.Compile(pattern, _source).Replace(text, translated, count);
    }

    private static string Shortened(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
