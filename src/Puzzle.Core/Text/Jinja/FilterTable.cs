using System.Collections.Frozen;

namespace Puzzle.Core.Text.Jinja;

/// <summary>A filter: the value before the bar, the arguments behind the name.</summary>
internal delegate object? Filter(RenderContext context, object? value, CallArguments arguments);

/// <summary>Jinja's filters by name.</summary>
internal static class FilterTable
{
    private static readonly FrozenDictionary<string, Filter> Filters = TextFilters.All.Concat(SequenceFilters.All).Concat(NumberFilters.All).ToFrozenDictionary();

    public static bool Has(string name) => Filters.ContainsKey(name);

    public static object? Apply(RenderContext context, string name, object? value, CallArguments arguments)
    {
        context.Step();
        if (context.Options.Filters.TryGetValue(name, out var own))
            return TemplateValues.Import(context, own(TemplateValues.Export(value), [.. arguments.Positional.Select(TemplateValues.Export)]));
        return Filters.TryGetValue(name, out var filter) ? filter(context, value, arguments) : throw new TemplateException($"No filter named '{name}'.");
    }
}
