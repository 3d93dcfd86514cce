namespace Puzzle.Core.Text.Jinja;

/// <summary>A macro where it was defined, or the body of a call block.</summary>
internal sealed class Macro(Interpreter interpreter, MacroDefinition definition, Scope scope) : ICallable
{
    public string Name => definition.Name;

    public object? Call(CallArguments arguments) => interpreter.CallMacro(definition, new Scope(scope), arguments);

    public bool TryMember(string name, out object? value)
    {
        value = name switch
        {
            "name" => Name,
            "arguments" => new Sequence([.. definition.Parameters.Select(parameter => parameter.Name)], isTuple: true),
            _ => null,
        };
        return value is not null;
    }
}
