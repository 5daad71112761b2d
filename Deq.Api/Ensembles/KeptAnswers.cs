using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>Keeps answers for feedback. One that cannot be kept is an answer all the same. Thread-safe.</summary>
internal sealed class KeptAnswers(TrustStore store, StoreFaults faults)
{
    /// <summary>Stores an answer, and gives it as it is sent: without a name where it could not be stored.</summary>
    /// <param name="answer">With its name.</param>
    /// <param name="client">Who asked.</param>
    public async Task<EnsembleAnswer> KeepAsync(EnsembleAnswer answer, string client)
    {
        var votes = answer.Votes.ToDictionary(vote => vote.Member, vote => vote.Label, StringComparer.Ordinal);
        try
        {
            await store.Add(new StoredAnswer(answer.Answer!, answer.Ensemble, answer.Label, answer.Posterior, votes, client));
            faults.NoteWritten();
            return answer;
        }
        catch (SqliteException fault)
        {
            faults.Note(fault);
            return answer with { Answer = null };
        }
    }
}
