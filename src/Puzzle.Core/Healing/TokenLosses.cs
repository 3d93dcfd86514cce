using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

// B batch, T tokens, D hidden, V vocabulary, C tokens of a chunk

/// <summary>
/// KL(parent || child) and next-token cross-entropy from final hidden states, in chunks of tokens, so that logits of all
/// tokens never exist at once. The gradients of hidden states and head are worked out chunk by chunk; a surrogate scalar
/// carries them into autograd.
/// </summary>
public static class TokenLosses
{
    /// <summary>The weighted sum of both losses (mean over tokens, nats) as a surrogate to call backward on, and their values.</summary>
    /// <param name="child">The model whose head is used and trained.</param>
    /// <param name="hidden_BTD">Its final hidden states, part of the graph.</param>
    /// <param name="teacherLogits">For rows 'first' to 'first + count' of the flattened tokens: the teacher's logits [C, V]; null without a teacher.</param>
    /// <param name="targets_BT">Next-token targets, -100 where there is none; null without an LM loss.</param>
    /// <param name="weights_BT">How much each target counts, or null for all alike.</param>
    /// <param name="klWeight">Weight of the KL.</param>
    /// <param name="lmWeight">Weight of the cross-entropy.</param>
    /// <param name="temperature">Divides both logits in the KL.</param>
    /// <param name="counts_BT">1 for the tokens that the KL counts, 0 for padding; null: all.</param>
    /// <param name="chunkTokens">Tokens whose logits exist at a time.</param>
    public static (Tensor Surrogate, double Kl, double Lm) Compute(Transformer child, Tensor hidden_BTD, Func<long, long, Tensor>? teacherLogits, Tensor? targets_BT, Tensor? weights_BT, double klWeight, double lmWeight, double temperature = 1, Tensor? counts_BT = null, int chunkTokens = 1024)
    {
        var hidden = hidden_BTD.flatten(0, 1);
        var tokens = hidden.shape[0];
        Tensor hiddenGradient, headGradient;
        double kl = 0, lm = 0;
        using (no_grad())
        {
            hiddenGradient = zeros_like(hidden, requires_grad: false);
            headGradient = zeros_like(child.Head, requires_grad: false);
            var targets = targets_BT?.flatten();
            var weights = targets is null ? null : weights_BT is null ? targets.ge(Held.Number(0)).to(ScalarType.Float32) : targets.ge(Held.Number(0)) * weights_BT.flatten();
            var counted = Math.Max(1e-6, weights?.sum().item<float>() ?? 1);
            var judged = counts_BT?.flatten();
            var judgedCount = Math.Max(1e-6, judged?.sum().item<float>() ?? tokens);
            for (long first = 0; first < tokens; first += chunkTokens)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(chunkTokens, tokens - first);
                var h_CD = hidden.narrow(0, first, count).detach();
                var logits_CV = Products.Linear(h_CD, child.Head.detach());
                Tensor? gradient_CV = null;
                if (teacherLogits is not null && klWeight != 0)
                {
                    var teacher_CV = teacherLogits(first, count);
                    var q = nn.functional.log_softmax(temperature == 1 ? logits_CV : logits_CV / Held.Number(temperature), -1);
                    var p = nn.functional.log_softmax(temperature == 1 ? teacher_CV : teacher_CV / Held.Number(temperature), -1);
                    var pe = p.exp();
                    var each_C = (pe * (p - q)).sum(-1);
                    gradient_CV = (q.exp() - pe).mul_(Held.Number(klWeight / (judgedCount * temperature)));
                    if (judged is not null)
                    {
                        each_C.mul_(judged.narrow(0, first, count));
                        gradient_CV.mul_(judged.narrow(0, first, count).unsqueeze(1));
                    }

                    kl += each_C.sum(ScalarType.Float64).item<double>() / judgedCount;
                }

                if (targets is not null && lmWeight != 0)
                {
                    var target = targets.narrow(0, first, count);
                    var has = weights!.narrow(0, first, count);
                    var logProbabilities = nn.functional.log_softmax(logits_CV, -1);
                    var at = target.clamp(min: Held.Number(0)).unsqueeze(1);
                    lm -= (logProbabilities.gather(1, at).squeeze(1) * has).sum(ScalarType.Float64).item<double>() / counted;
                    var difference = logProbabilities.exp_();
                    difference.scatter_add_(1, at, full_like(at, Held.Number(-1), ScalarType.Float32));
                    difference.mul_(has.unsqueeze(1)).mul_(Held.Number(lmWeight / counted));
                    gradient_CV = gradient_CV is null ? difference : gradient_CV.add_(difference);
                }

                if (gradient_CV is null)
                    continue;
                hiddenGradient.narrow(0, first, count).copy_(Products.Back(gradient_CV, child.Head.detach()));
                if (child.Head.requires_grad)
                    Products.AddOuter(gradient_CV, h_CD, headGradient);
            }
        }

        var surrogate = (hidden * hiddenGradient).sum();
        if (child.Head.requires_grad)
            surrogate = surrogate + (child.Head * headGradient).sum();
        return (surrogate, kl, lm);
    }
}
