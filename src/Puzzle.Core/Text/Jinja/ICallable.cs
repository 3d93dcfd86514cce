namespace Puzzle.Core.Text.Jinja;

/// <summary>What a template can call.</summary>
internal interface ICallable
{
    object? Call(CallArguments arguments);

    /// <summary>A member of it, where it has one of this name.</summary>
    bool TryMember(string name, out object? value);
}
