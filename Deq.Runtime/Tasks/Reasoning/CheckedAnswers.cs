using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Judges of solves by the rules of their puzzle: a state that settles on an answer which breaks them is not the end, and another start follows.</summary>
public static class CheckedAnswers
{
    /// <summary>The judge of one start of a question; null where the model names no checker.</summary>
    /// <param name="contract">The model's.</param>
    /// <param name="question">The question.</param>
    /// <param name="seed">Decides the noise.</param>
    /// <param name="start">The number of the start, 0 to <paramref name="starts"/> − 1. Its k-th restart is the start of number <paramref name="start"/> + k · <paramref name="starts"/>.</param>
    /// <param name="starts">How many solves of the question begin together, at least 1.</param>
    /// <param name="beginsAgain">Whether further starts follow; else a refused start ends as it is.</param>
    public static AnswerJudge? Judge(ReasoningContract contract, TokenGrid question, int seed, int start, int starts, bool beginsAgain)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (contract.Checker is not { } name || AnswerCheckers.Find(name) is not { } checker)
        {
            return null;
        }

        TokenVocabulary vocabulary = contract.ToVocabulary();
        return new AnswerJudge
        {
            Accepts = logits => TokenAnswer.Read(logits, question, vocabulary) is { } answer && checker.IsValid(question, answer.Grid),
            Restart = beginsAgain ? (restart, state) => StartNoise.Fill(state, seed, start + (restart * starts), contract.StartNoise) : null,
        };
    }
}
