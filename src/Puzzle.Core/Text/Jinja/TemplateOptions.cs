namespace Puzzle.Core.Text.Jinja;

/// <summary>How templates are read and rendered: programs set up Jinja differently.</summary>
public sealed record TemplateOptions
{
    /// <summary>As transformers renders chat templates.</summary>
    public static TemplateOptions Chat { get; } = new() { TrimBlocks = true, LstripBlocks = true };

    /// <summary>As lm-evaluation-harness renders the templates of task files.</summary>
    public static TemplateOptions Harness { get; } = new() { KeepTrailingNewline = true, StrictUndefined = true, HtmlSafeJson = true };

    /// <summary>The first newline after a block's tag goes.</summary>
    public bool TrimBlocks { get; init; }

    /// <summary>Blanks between the start of a line and a block's tag go.</summary>
    public bool LstripBlocks { get; init; }

    /// <summary>A newline at the end of the template stays.</summary>
    public bool KeepTrailingNewline { get; init; }

    /// <summary>What is not defined may not be printed, compared or tested for truth.</summary>
    public bool StrictUndefined { get; init; }

    /// <summary><c>tojson</c> sorts keys and escapes what is special in HTML, as Jinja's own does; false: Python's <c>json.dumps</c>.</summary>
    public bool HtmlSafeJson { get; init; }

    /// <summary>Further filters by name: the value, its arguments, the result, all plain values.</summary>
    public IReadOnlyDictionary<string, Func<object?, IReadOnlyList<object?>, object?>> Filters { get; init; } =
        new Dictionary<string, Func<object?, IReadOnlyList<object?>, object?>>();

    /// <summary>The clock of <c>strftime_now</c>.</summary>
    public Func<DateTime> Now { get; init; } = () => DateTime.Now;

    public TemplateLimits Limits { get; init; } = new();
}
