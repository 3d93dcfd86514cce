namespace Puzzle.Core.Text.Jinja;

/// <summary>Evaluates expressions.</summary>
internal sealed partial class Interpreter
{
    private object? Evaluate(Expression expression, Scope scope)
    {
        context.Step();
        RenderContext.CheckStack();
        switch (expression)
        {
            case Constant constant:
                return constant.Value;
            case Name name:
                return scope.TryGet(name.Text, out var value) ? value : new Undefined($"'{name.Text}' is undefined");
            case Member member:
                return Members.Get(context, Evaluate(member.Object, scope), member.Name);
            case Item { Index: Slice slice } item:
                return Operations.Slice(context, Evaluate(item.Object, scope), Optional(slice.Start, scope), Optional(slice.Stop, scope), Optional(slice.Step, scope));
            case Item item:
                return Operations.Subscript(context, Evaluate(item.Object, scope), Evaluate(item.Index, scope));
            case Call call:
                return Invoke(call, scope, null);
            case FilterCall:
                return EvaluateFilter(expression, null, scope);
            case TestCall test:
                return TestTable.Apply(context, test.Name, Evaluate(test.Input, scope), Arguments(test.Arguments, scope));
            case Logical logical:
                var left = Evaluate(logical.Left, scope);
                return Truth(left) == logical.IsAnd ? Evaluate(logical.Right, scope) : left;
            case Not not:
                return !Truth(Evaluate(not.Operand, scope));
            case Conditional conditional:
                return Truth(Evaluate(conditional.Test, scope)) ? Evaluate(conditional.Then, scope)
                    : conditional.Else is null ? new Undefined("the inline if-expression evaluated to false and no else section was defined.") : Evaluate(conditional.Else, scope);
            case Comparison comparison:
                return Compare(comparison, scope);
            case Binary binary:
                return Operations.Binary(context, binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope));
            case Unary unary:
                return Operations.Unary(unary.Operator, Evaluate(unary.Operand, scope));
            case Concatenation concatenation:
                return Operations.Concatenate(context, [.. concatenation.Parts.Select(part => Evaluate(part, scope))]);
            case ListLiteral list:
                return context.List([.. list.Items.Select(item => Evaluate(item, scope))]);
            case TupleLiteral tuple:
                context.SpendItems(tuple.Items.Count);
                return new Sequence([.. tuple.Items.Select(item => Evaluate(item, scope))], isTuple: true);
            case MapLiteral literal:
                return NewMap(literal, scope);
            default:
                throw new TemplateException("a slice stands in square brackets only");
        }
    }

    private object? Optional(Expression? expression, Scope scope) => expression is null ? null : Evaluate(expression, scope);

    /// <param name="input">The text of the block, where the first filter has no value of its own.</param>
    private object? EvaluateFilter(Expression expression, object? input, Scope scope)
    {
        if (expression is not FilterCall filter)
            return Evaluate(expression, scope);
        var value = filter.Input is null ? input : EvaluateFilter(filter.Input, input, scope);
        return FilterTable.Apply(context, filter.Name, value, Arguments(filter.Arguments, scope));
    }

    private object? Invoke(Call call, Scope scope, Macro? caller)
    {
        var callee = Evaluate(call.Callee, scope);
        var arguments = Arguments(call.Arguments, scope, caller);
        return callee switch
        {
            ICallable callable => callable.Call(arguments),
            Undefined undefined => throw undefined.Fail(),
            _ => throw new TemplateException($"'{Values.TypeName(callee)}' object is not callable"),
        };
    }

    private CallArguments Arguments(ArgumentList list, Scope scope, Macro? caller = null)
    {
        List<object?> positional = [.. list.Positional.Select(argument => Evaluate(argument, scope))];
        if (list.Unpacked is not null)
            positional.AddRange(Values.Iterate(context, Evaluate(list.Unpacked, scope)));
        Dictionary<string, object?> named = [];
        foreach (var (name, value) in list.Named)
            named[name] = Evaluate(value, scope);
        if (list.NamedUnpacked is not null)
        {
            var map = Evaluate(list.NamedUnpacked, scope) as Map ?? throw new TemplateException("argument after ** must be a mapping");
            foreach (var (name, value) in map.Entries)
                named[name as string ?? throw new TemplateException("keywords must be strings")] = value;
        }

        if (caller is not null)
            named["caller"] = caller;
        context.SpendItems(positional.Count + named.Count);
        return new(positional, named);
    }

    private bool Compare(Comparison comparison, Scope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (op, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            if (context.Options.StrictUndefined && ((left as Undefined) ?? (right as Undefined)) is { } undefined)
                throw undefined.Fail();
            context.Spend(((left as string)?.Length ?? 0) / 16);
            if (!Values.Compare(left, op, right))
                return false;
            left = right;
        }

        return true;
    }

    private Map NewMap(MapLiteral literal, Scope scope)
    {
        context.SpendItems(2 * literal.Entries.Count);
        var map = new Map();
        foreach (var (key, value) in literal.Entries)
            map.Set(Evaluate(key, scope), Evaluate(value, scope));
        return map;
    }
}
