using Puzzle.Core.Models;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.Linear;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, N = B T, D hidden, E rows of q, k and v, X heads side by side

/// <summary>Attention children: q, k and v of each grouped-query one, then the linear ones. Only what lies between q, k, v and the heads is left to autograd.</summary>
internal sealed class AttentionChildren : ChildGroup
{
    private readonly (Child Child, int Index, GroupedQueryAttention Module, long First)[] _grouped;
    private readonly (Child Child, int Index, LinearSubblock Module, long First)[] _linear;

    public AttentionChildren(ChildFrame frame, IReadOnlyList<Child> children, DistillOptions options)
        : base(frame, children, options)
    {
        var (grouped, linear) = (new List<(Child, int, GroupedQueryAttention, long)>(), new List<(Child, int, LinearSubblock, long)>());
        var at = 0L;
        foreach (var (child, i) in children.Select((child, i) => (child, i)))
        {
            if (child.Subblock is GroupedQueryAttention attention)
                grouped.Add((child, i, attention, at));
            else
                linear.Add((child, i, (LinearSubblock)child.Subblock, at));
            at += child.Rows;
        }

        (_grouped, _linear) = ([.. grouped], [.. linear]);
    }

    protected override void Load()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (child, _, module, first) in _grouped)
        {
            child.Matrices = [First.Rows(first, child.Rows), Take(module.Output.shape[0], module.Output.shape[1])];
            child.Matrices[0].Value.copy_(Folded(module.Qkv, module.Norm));
            child.Matrices[1].Value.copy_(module.Output);
        }

        foreach (var (child, _, module, first) in _linear)
        {
            child.Matrices = [First.Rows(first, child.Rows)];
            child.Matrices[0].Value.copy_(Folded(module.Weight, module.Norm));
        }
    }

    public override void Save(Child child)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        child.Subblock.Parameters[0].copy_(Frame.Norm);
        if (child.Subblock is LinearSubblock linear)
        {
            linear.Weight.copy_(child.Matrices[0].Value);
            return;
        }

        var attention = (GroupedQueryAttention)child.Subblock;
        attention.Qkv.copy_(child.Matrices[0].Value);
        attention.Output.copy_(child.Matrices[1].Value);
    }

    protected override void Follow(ChildPass pass, Tensor[] losses)
    {
        foreach (var (child, i, _, first) in _linear)
        {
            (losses[i], var gradient_ND) = pass.Compare(Frame, pass.Hidden_NR.narrow(1, first, child.Rows));
            if (gradient_ND is not null)
                pass.Gradient_NR!.narrow(1, first, child.Rows).copy_(gradient_ND);
        }

        foreach (var (child, i, module, first) in _grouped)
        {
            using var scope = NewDisposeScope();
            var train = pass.Gradient_NR is not null;
            var qkv_NE = pass.Hidden_NR.narrow(1, first, child.Rows);
            if (module.QkvBias is not null)
                qkv_NE = qkv_NE + module.QkvBias;
            var leaf_BTE = qkv_NE.view(pass.Input_BTD.shape[0], pass.Input_BTD.shape[1], child.Rows).detach();
            Tensor heads_BTX;
            using (set_grad_enabled(train))
            {
                leaf_BTE.requires_grad = train;
                heads_BTX = module.HeadsOf(leaf_BTE, Frame.Context, Frame.Layer);
            }

            var heads_NX = heads_BTX.detach().flatten(0, 1);
            var output = child.Matrices[1];
            var added_ND = Products.Linear(heads_NX, output.Value);
            if (module.OutputBias is not null)
                added_ND.add_(module.OutputBias);
            (losses[i], var gradient_ND) = pass.Compare(Frame, added_ND);
            losses[i].MoveToOuterDisposeScope();
            if (gradient_ND is null)
                continue;
            Products.AddOuter(gradient_ND, heads_NX, output.Gradient);
            var back_BTX = Products.Back(gradient_ND, output.Value).view(heads_BTX.shape);
            using (enable_grad())
                (heads_BTX * back_BTX).sum().backward();
            pass.Gradient_NR!.narrow(1, first, child.Rows).copy_(leaf_BTE.grad!.flatten(0, 1));
        }
    }
}
