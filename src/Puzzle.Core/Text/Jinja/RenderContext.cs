using System.Runtime.CompilerServices;

namespace Puzzle.Core.Text.Jinja;

/// <summary>What one rendering may still cost.</summary>
internal sealed class RenderContext(TemplateOptions options)
{
    private const int ItemCharacters = 16;

    private long _steps = options.Limits.Steps;
    private long _characters = options.Limits.Characters;
    private int _depth;

    public TemplateOptions Options { get; } = options;

    /// <summary>What is put in may be worked on in proportion.</summary>
    public void Allow(long values, long characters)
    {
        _steps += 64 * values;
        _characters += 32 * ((ItemCharacters * values) + characters);
    }

    public void Step()
    {
        if (--_steps < 0)
            throw new TemplateException($"the template needs more than {Options.Limits.Steps} steps");
    }

    /// <summary>Counts characters before they are made.</summary>
    public void Spend(long characters)
    {
        _characters -= characters;
        if (_characters < 0)
            throw new TemplateException($"the template makes more than {Options.Limits.Characters} characters");
        if (characters > 1000)
            _steps -= characters / 1000;
    }

    public void SpendItems(long count) => Spend(ItemCharacters * count);

    public Sequence List(IReadOnlyList<object?> items)
    {
        SpendItems(items.Count);
        return new(items);
    }

    public string Made(string text)
    {
        Spend(text.Length);
        return text;
    }

    public static void CheckStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateException("maximum recursion depth exceeded");
    }

    public void EnterMacro()
    {
        if (++_depth > Options.Limits.Depth)
            throw new TemplateException("maximum recursion depth exceeded");
        CheckStack();
    }

    public void LeaveMacro() => _depth--;
}
